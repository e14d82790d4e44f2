import { definePlugin } from "@crmessenger/kernel";
import { ConversationRepository } from "@crmessenger/kernel/communication";
import {
  DeliveryRetryStrategies,
  DeliveryTargets,
  PayloadGenerators,
  WebhookDispatcher,
} from "@crmessenger/kernel/extensibility";
import { PermissionManager, UserRepository } from "@crmessenger/kernel/iam";
import {
  Auditor,
  Clock,
  Collections,
  EventCatalogue,
  EventDispatcher,
  EventHooks,
  EventLog,
  HttpClient,
  Ids,
  Jobs,
  KernelView,
  Secrets,
  UnitOfWork,
} from "@crmessenger/kernel/infrastructure";
import { ContactRepository, DealRepository, LeadRepository } from "@crmessenger/kernel/sales";
import { assemble } from "./assemble.ts";
import { WebhookDisabled, WebhookFailing } from "./events.ts";
import { webhooksOptions } from "./options.ts";
import { version } from "./version.ts";

/** Signed webhooks of what happens in CRMessenger, delivered at least once. */
export const webhooks = definePlugin({
  id: "webhooks",
  version,
  deps: {
    auditor: Auditor,
    catalogue: EventCatalogue,
    clock: Clock,
    collections: Collections,
    contacts: ContactRepository,
    conversations: ConversationRepository,
    deals: DealRepository,
    events: EventDispatcher,
    http: HttpClient,
    ids: Ids,
    jobs: Jobs,
    leads: LeadRepository,
    log: EventLog,
    permissions: PermissionManager,
    secrets: Secrets,
    unitOfWork: UnitOfWork,
    users: UserRepository,
    view: KernelView,
  },
  provides: {
    dispatcher: WebhookDispatcher,
    generators: PayloadGenerators,
    strategies: DeliveryRetryStrategies,
    targets: DeliveryTargets,
  },
  options: webhooksOptions,
  permissions: ["webhooks.*"],
  hooks: [EventHooks.shown],
  events: [WebhookFailing, WebhookDisabled],
  boot(services, context) {
    const { dispatcher, registries, reader, handlers, jobs } = assemble(services, context);
    return {
      provide: { dispatcher, ...registries },
      handlers,
      jobs,
      start: () => reader.start(),
      stop: () => reader.stop(),
    };
  },
});
