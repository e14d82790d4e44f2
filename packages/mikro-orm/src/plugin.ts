import { definePlugin } from "@crmessenger/kernel";
import {
  ChannelAccountRepository,
  ConversationRepository,
  Intake,
  MessageRepository,
  Timeline,
} from "@crmessenger/kernel/communication";
import { RoleRepository, TeamRepository, UserRepository } from "@crmessenger/kernel/iam";
import {
  AttributeIndexes,
  Auditor,
  Clock,
  Collections,
  EventDispatcher,
  EventLog,
  Idempotency,
  Ids,
  Jobs,
  Leases,
  RateBudget,
  Secrets,
  Settings,
  SqlDatabase,
  UnitOfWork,
} from "@crmessenger/kernel/infrastructure";
import {
  ChannelIdentityRepository,
  ContactRepository,
  DealRepository,
  LeadRepository,
  LeadStates,
  PipelineRepository,
  SalesHooks,
} from "@crmessenger/kernel/sales";
import { createStorage } from "./create-storage.ts";
import { createSqlDatabase } from "./database/sql-database.ts";
import { storageOptions } from "./storage-options.ts";
import { version } from "./version.ts";

/** Everything that is kept, in PostgreSQL: on a server, or embedded in this process. */
export const mikroOrm = definePlugin({
  id: "mikro-orm",
  version,
  deps: { clock: Clock, ids: Ids, events: EventDispatcher, states: LeadStates },
  provides: {
    unitOfWork: UnitOfWork,
    idempotency: Idempotency,
    attributeIndexes: AttributeIndexes,
    auditor: Auditor,
    timeline: Timeline,
    intake: Intake,
    eventLog: EventLog,
    jobs: Jobs,
    collections: Collections,
    secrets: Secrets,
    settings: Settings,
    leases: Leases,
    rateBudget: RateBudget,
    sql: SqlDatabase,
    contacts: ContactRepository,
    identities: ChannelIdentityRepository,
    leads: LeadRepository,
    pipelines: PipelineRepository,
    deals: DealRepository,
    channelAccounts: ChannelAccountRepository,
    conversations: ConversationRepository,
    messages: MessageRepository,
    users: UserRepository,
    teams: TeamRepository,
    roles: RoleRepository,
  },
  options: storageOptions,
  config: {
    DATABASE_URL: {
      secret: true,
      description: "A PostgreSQL server, where the application's options name no database.",
    },
    CRMESSENGER_SECRET_KEY: { secret: true, description: "32 bytes in base64 that encrypt secrets at rest." },
  },
  hooks: [SalesHooks.contactDraft, SalesHooks.leadDraft],
  boot({ clock, ids, events, states }, { options, config, hook, logger }) {
    const named = options.dataDirectory !== undefined || options.pool !== undefined;
    const url = named ? undefined : config.get("DATABASE_URL");
    const storage = createStorage(url ? { databaseUrl: url, ...options } : options, {
      clock,
      ids,
      logger,
      states,
      dispatcher: events,
      contactDraft: hook(SalesHooks.contactDraft),
      leadDraft: hook(SalesHooks.leadDraft),
      secretKey: config.get("CRMESSENGER_SECRET_KEY"),
    });
    const { database, repositories, start, health, stop, ...contracts } = storage;
    return { provide: { ...contracts, ...repositories, sql: createSqlDatabase(database) }, start, health, stop };
  },
});
