export {
  type AnyMemberReach,
  type AnyRemote,
  type Contract,
  type ImplementationOf,
  type MemberReach,
  type Reach,
  type Remote,
  contract,
  contractId,
  contractName,
  reachOf,
  registryReach,
} from "./contract.ts";
export {
  CrmError,
  type CrmErrorOptions,
  type PlainError,
  fromPlainError,
  isCrmError,
  toCrmError,
} from "./errors/crm-error.ts";
export { type Actor, systemActor } from "./context/actor.ts";
export {
  DEFAULT_TENANT,
  type ExecutionContext,
  executionContext,
  requireUnitOfWork,
  runInContext,
  runOutsideUnitOfWork,
  runWithContext,
} from "./context/execution-context.ts";
export {
  type HttpBinding,
  type Command,
  type EarlierVersion,
  type AnyOperation,
  type Operation,
  type Query,
  type VersionedCommand,
  type VersionedQuery,
  defineCommand,
  defineQuery,
  operationAt,
  operationVersions,
} from "./bus/operation.ts";
export {
  type CurrentOf,
  type Shape,
  type Step,
  type Steps,
  type ValueOf,
  type VersionOf,
  type Versioned,
  type VersionedShape,
  type Versions,
  defineShape,
} from "./bus/shape.ts";
export { criteriaUp, inField, inItems } from "./bus/nested-step.ts";
export { type EventDefinition, type VersionedEvent, defineEvent, eventInVersion } from "./bus/event-definition.ts";
export {
  type CommandContext,
  type Handler,
  type HandlerOptions,
  type QueryContext,
  answer,
  handle,
} from "./bus/handler.ts";
export { KernelHooks, type OperationCall, type OperationOutcome } from "./bus/kernel-hooks.ts";
export { covers } from "./bus/permission-pattern.ts";
export {
  type HookKind,
  type HookPoint,
  type TapFunction,
  type Verdict,
  aroundPoint,
  guardPoint,
  observePoint,
  transformPoint,
} from "./hooks/hook-point.ts";
export { type HookTaps } from "./hooks/hook-registry.ts";
export {
  type AroundHook,
  type Decision,
  type GuardHook,
  type HookOf,
  type ObserveHook,
  type TransformHook,
} from "./hooks/hook.ts";
export { type Stage, type TapOptions } from "./hooks/tap.ts";
export { definePlugin, optional, type PluginFactory } from "./plugin/define-plugin.ts";
export {
  type AnyPluginDefinition,
  type Contracts,
  type DeliveredEvent,
  type EventSubscriptions,
  type Health,
  type HealthStatus,
  type JobHandler,
  type Plugin,
  type PluginContext,
  type PluginDefinition,
  type Services,
  type SubscribeOptions,
  type Wiring,
  work,
} from "./plugin/plugin.ts";
export { type PlacedPlugin, type Placement, type PlacementServices } from "./plugin/placement.ts";
export {
  type ChannelTypesOf,
  type Complete,
  type Composition,
  type CompositionOf,
  type CustomFieldsOf,
  type KernelContracts,
  type PluginTypes,
  type ServicesOf,
  type TopicsOf,
} from "./plugin/composition.ts";
export { type Lifetime, pluginLifetime } from "./plugin/lifetime.ts";
export { createKernel, type Kernel, type KernelOptions } from "./boot/create-kernel.ts";
export { type Explanation } from "./boot/explain.ts";
export { type HealthReport } from "./boot/health.ts";
export { ExplainOperation, InspectKernel } from "./boot/kernel-operations.ts";
export { type FieldDifference } from "./hooks/differences.ts";
export { type ExplainedStep } from "./hooks/trace.ts";
export { type Inspection, type PluginInspection, type PluginStatus } from "./boot/inspection.ts";
export { type DependencyContainer, pluginContainer } from "./container.ts";
