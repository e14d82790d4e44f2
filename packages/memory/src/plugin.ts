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
  Storage,
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
import { MemoryAttributeIndexes } from "./attribute-indexes/memory-attribute-indexes.ts";
import { MemoryCollections } from "./collections/memory-collections.ts";
import { MemoryEventLog } from "./events/memory-event-log.ts";
import { MemoryStorage } from "./files/memory-storage.ts";
import { MemoryIdempotency } from "./idempotency/memory-idempotency.ts";
import { LeadFinder } from "./intake/lead-finder.ts";
import { MemoryIntake } from "./intake/memory-intake.ts";
import { PersonFinder } from "./intake/person-finder.ts";
import { MemoryJobs } from "./jobs/memory-jobs.ts";
import { MemoryAuditor } from "./journal/memory-auditor.ts";
import { MemoryTimeline } from "./journal/memory-timeline.ts";
import { MemoryLeases } from "./leases/memory-leases.ts";
import { MemoryRateBudget } from "./rate-budget/memory-rate-budget.ts";
import { createEntityTables } from "./records/entities.ts";
import { MemoryRepository } from "./records/memory-repository.ts";
import { MemorySecrets } from "./secrets/memory-secrets.ts";
import { MemorySettings } from "./settings/memory-settings.ts";
import { Database } from "./state/database.ts";

/**
 * Every storage contract in memory: what a test, an example or a trial runs on without a database. It keeps the
 * contracts' promises but one: the data end with the kernel.
 */
export const memory = definePlugin({
  id: "memory",
  version: "0.1.0",
  deps: { clock: Clock, ids: Ids, events: EventDispatcher, states: LeadStates },
  provides: {
    unitOfWork: UnitOfWork,
    users: UserRepository,
    teams: TeamRepository,
    roles: RoleRepository,
    contacts: ContactRepository,
    identities: ChannelIdentityRepository,
    leads: LeadRepository,
    pipelines: PipelineRepository,
    deals: DealRepository,
    accounts: ChannelAccountRepository,
    conversations: ConversationRepository,
    messages: MessageRepository,
    attributeIndexes: AttributeIndexes,
    auditor: Auditor,
    timeline: Timeline,
    idempotency: Idempotency,
    intake: Intake,
    log: EventLog,
    jobs: Jobs,
    collections: Collections,
    secrets: Secrets,
    settings: Settings,
    leases: Leases,
    rateBudget: RateBudget,
    storage: Storage,
  },
  hooks: [SalesHooks.leadDraft, SalesHooks.contactDraft],
  boot({ clock, ids, events, states }, context) {
    const database = new Database({ clock, ids, logger: context.logger });
    const tables = createEntityTables();
    const [log, jobs, leases] = [new MemoryEventLog(database), new MemoryJobs(database), new MemoryLeases()];
    const [auditor, timeline] = [new MemoryAuditor(database), new MemoryTimeline(database)];
    const people = new PersonFinder({ database, tables, events, draft: context.hook(SalesHooks.contactDraft) });
    const leads = new LeadFinder({ database, tables, events, states, draft: context.hook(SalesHooks.leadDraft) });
    return {
      provide: {
        unitOfWork: database,
        users: new MemoryRepository(database, tables.users),
        teams: new MemoryRepository(database, tables.teams),
        roles: new MemoryRepository(database, tables.roles),
        contacts: new MemoryRepository(database, tables.contacts),
        identities: new MemoryRepository(database, tables.identities),
        leads: new MemoryRepository(database, tables.leads),
        pipelines: new MemoryRepository(database, tables.pipelines),
        deals: new MemoryRepository(database, tables.deals),
        accounts: new MemoryRepository(database, tables.accounts),
        conversations: new MemoryRepository(database, tables.conversations),
        messages: new MemoryRepository(database, tables.messages),
        attributeIndexes: new MemoryAttributeIndexes(database, {
          contact: tables.contacts,
          lead: tables.leads,
          deal: tables.deals,
        }),
        auditor,
        timeline,
        idempotency: new MemoryIdempotency(database),
        intake: new MemoryIntake({ database, tables, people, leads, events, log, audit: auditor, timeline }),
        log,
        jobs,
        collections: new MemoryCollections(database),
        secrets: new MemorySecrets(database),
        settings: new MemorySettings(database),
        leases,
        rateBudget: new MemoryRateBudget(clock),
        storage: new MemoryStorage(),
      },
      async stop() {
        leases.stop();
        await Promise.all([log.stop(), jobs.stop()]);
        await database.settled();
      },
    };
  },
});
