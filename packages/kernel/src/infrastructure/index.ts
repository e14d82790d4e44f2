export { type AuditEntry, type AuditRecord, Auditor, type FieldChange } from "./auditor.ts";
export { Clock, systemClock } from "./clock.ts";
export {
  type Collection,
  type CollectionDefinition,
  Collections,
  type Stored,
  defineCollection,
} from "./collections.ts";
export {
  type ComparisonOperator,
  type Criteria,
  type CriteriaSubject,
  type CriteriaValue,
  and,
  everything,
  not,
  nothing,
  or,
  where,
} from "./criteria.ts";
export { criteriaSchema } from "./criteria-schema.ts";
export {
  type AggregateRef,
  type DurableSubscription,
  EventLog,
  type NewEvent,
  type ReadEvents,
  type RunningSubscription,
  type StoredEvent,
  type SubscriptionState,
  type SubscriptionTopics,
} from "./event-log.ts";
export { HttpClient, type HttpRequest, type HttpResponse } from "./http-client.ts";
export { Idempotency, type IdempotencyClaim } from "./idempotency.ts";
export { Ids, uuidV7 } from "./ids.ts";
export {
  type EnqueueOptions,
  type JobDefinition,
  type JobRun,
  type JobState,
  Jobs,
  type RunningWorker,
  defineJob,
} from "./jobs.ts";
export { type Json, type JsonObject, type Timestamp } from "./json.ts";
export { type Lease, type LeaseOptions, Leases } from "./leases.ts";
export { EventHooks } from "./event-hooks.ts";
export { Logger, silentLogger } from "./logger.ts";
export { compareDecimal, isDecimal } from "./decimal.ts";
export { compareText, fieldOf, matches } from "./matches.ts";
export { type Page, type PageRequest, type Sort } from "./page.ts";
export { pageOf, pageRequestFields, sortSchema } from "./page-schema.ts";
export { RateBudget, type RateLimit } from "./rate-budget.ts";
export { type Attributes, type EntityRecord, type GetOptions, type NewRecord, type Repository } from "./repository.ts";
export { requireIndexable, requireNoUnitForIndex } from "./require-indexable.ts";
export { type Secret, type SecretNamespace, Secrets } from "./secrets.ts";
export { Settings } from "./settings.ts";
export { type FileMeta, Storage, type StoragePath, type StoredFile } from "./storage.ts";
export { UnitOfWork, type UnitOfWorkHandle, type UnitOfWorkOptions } from "./unit-of-work.ts";
export { EventCatalogue, EventDefinitions } from "../bus/event-catalogue.ts";
export { EventDispatcher } from "../bus/event-dispatcher.ts";
export { type DispatchOptions, MessageBus } from "../bus/message-bus.ts";
export { KernelView } from "../boot/kernel-contracts.ts";
export { type SqlColumn, type SqlColumnKind, type SqlCondition, SqlDatabase } from "./sql-database.ts";
export {
  type AttributeIndex,
  type AttributeIndexState,
  AttributeIndexes,
  type AttributeKind,
} from "./attribute-indexes.ts";
export { type EntityRef, entityRefSchema } from "./entity-ref.ts";
export {
  type FieldMapping,
  type MappingDefinition,
  applyMapping,
  mappingDefinitionSchema,
} from "./mapping-definition.ts";
export { type Named, type Registry, createRegistry } from "./registry.ts";
export { type SearchDocument, type SearchHit, SearchIndex, type SearchRequest } from "./search-index.ts";
export { type StorageLink, type StorageLinkOptions, StorageLinks } from "./storage-links.ts";
