import type { PluginContext } from "@crmessenger/kernel";
import type { ConversationRepository } from "@crmessenger/kernel/communication";
import type { DeliveryRetryStrategy, DeliveryTarget, PayloadGenerator } from "@crmessenger/kernel/extensibility";
import type { PermissionManager, UserRepository } from "@crmessenger/kernel/iam";
import {
  type Auditor,
  type Clock,
  type Collections,
  type EventCatalogue,
  type EventDispatcher,
  EventHooks,
  type EventLog,
  type HttpClient,
  type Ids,
  type Jobs,
  type KernelView,
  type Secrets,
  type UnitOfWork,
  createRegistry,
} from "@crmessenger/kernel/infrastructure";
import type { ContactRepository, DealRepository, LeadRepository } from "@crmessenger/kernel/sales";
import { DeliveryRecorder } from "./dispatch/delivery-recorder.ts";
import { createDispatcher } from "./dispatch/dispatcher.ts";
import { EventReader } from "./dispatch/event-reader.ts";
import { Payloads } from "./dispatch/payloads.ts";
import { fullPayload, thinPayload } from "./dispatch/payload-generators.ts";
import { SubscriptionIndex } from "./dispatch/subscription-index.ts";
import { TestEvents } from "./dispatch/test-events.ts";
import { webhookHandlers } from "./handlers.ts";
import type { WebhooksOptions } from "./options.ts";
import { Alarm } from "./sending/alarm.ts";
import { DeliveryStore } from "./sending/delivery-store.ts";
import { HealthStore } from "./sending/health.ts";
import { createHttpTarget } from "./sending/http-target.ts";
import { Lanes } from "./sending/lanes.ts";
import { briefRetry, standardRetry } from "./sending/retry-strategies.ts";
import { Tidying } from "./sending/tidying.ts";
import { webhookJobs } from "./sending/webhook-jobs.ts";
import { SecretStore } from "./signing/secret-store.ts";
import { SubscriptionDesk } from "./subscription/subscription-desk.ts";
import { SubscriptionStore } from "./subscription/subscription-store.ts";

export interface WebhookServices {
  readonly auditor: Auditor;
  readonly catalogue: EventCatalogue;
  readonly clock: Clock;
  readonly collections: Collections;
  readonly contacts: ContactRepository;
  readonly conversations: ConversationRepository;
  readonly deals: DealRepository;
  readonly events: EventDispatcher;
  readonly http: HttpClient;
  readonly ids: Ids;
  readonly jobs: Jobs;
  readonly leads: LeadRepository;
  readonly log: EventLog;
  readonly permissions: PermissionManager;
  readonly secrets: Secrets;
  readonly unitOfWork: UnitOfWork;
  readonly users: UserRepository;
  readonly view: KernelView;
}

/** The parts of the plugin, put together. */
export function assemble(services: WebhookServices, context: PluginContext<WebhooksOptions>) {
  const { options, logger } = context;
  const { catalogue, clock, http } = services;
  const registries = registriesWithOurs(createHttpTarget(http, clock, options));
  const health = new HealthStore(services.collections);
  const deliveries = new DeliveryStore(services.collections);
  const secrets = new SecretStore(services.secrets, clock);
  const store = new SubscriptionStore({ ...services, health });
  const lanes = new Lanes({ ...services, deliveries, lanes: options.lanes });
  const tidying = new Tidying({ ...services, ...options, deliveries });
  const index = new SubscriptionIndex(store);
  const payloads = new Payloads(registries.generators);
  const { permissions } = options;
  const shown = context.hook(EventHooks.shown);
  const recorder = new DeliveryRecorder({
    access: { ...services, shown: (event) => shown.apply(event) },
    catalogue,
    clock,
    deliveries,
    index,
    lanes,
    logger,
    payloads,
    permissions,
    tidying,
  });
  const tests = new TestEvents({ ...services, ...registries, deliveries, payloads, secrets });
  const dispatcher = createDispatcher({ ...services, deliveries, lanes, recorder, store, tests });
  const desk = new SubscriptionDesk({
    ...services,
    checks: { catalogue, ...registries },
    health,
    lanes,
    secrets,
    store,
  });
  const alarm = new Alarm({ ...services, store });
  return {
    dispatcher,
    registries,
    reader: new EventReader({ ...services, recorder }),
    handlers: webhookHandlers({ ...services, ...options, deliveries, desk, dispatcher, health, store }),
    jobs: webhookJobs(
      {
        ...services,
        ...options,
        ...registries,
        alarm,
        deliveries,
        health,
        lanes,
        logger,
        payloads,
        secrets,
        store,
        tidying,
      },
      options,
    ),
  };
}

function registriesWithOurs(http: DeliveryTarget) {
  const generators = createRegistry<PayloadGenerator>("payload generator");
  const strategies = createRegistry<DeliveryRetryStrategy>("delivery retry strategy");
  const targets = createRegistry<DeliveryTarget>("delivery target");
  for (const generator of [fullPayload, thinPayload]) generators.register(generator);
  for (const strategy of [standardRetry, briefRetry]) strategies.register(strategy);
  targets.register(http);
  return { generators, strategies, targets };
}
