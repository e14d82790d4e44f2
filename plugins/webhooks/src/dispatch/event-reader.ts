import { executionContext, runInContext } from "@crmessenger/kernel";
import type {
  EventCatalogue,
  EventLog,
  KernelView,
  RunningSubscription,
  StoredEvent,
} from "@crmessenger/kernel/infrastructure";
import type { DeliveryRecorder } from "./delivery-recorder.ts";

const SUBSCRIPTION = "webhooks.main";
const BATCH = 500;

export interface ReaderServices {
  readonly catalogue: EventCatalogue;
  readonly log: EventLog;
  readonly recorder: DeliveryRecorder;
  readonly view: KernelView;
}

/** Reads every event of the application, and has deliveries recorded in the unit of work that moves the checkpoint. */
export class EventReader {
  readonly #services: ReaderServices;
  #running: RunningSubscription | undefined;
  #topics: readonly string[] = [];
  #unwatch: () => void = () => {};
  /** Changes follow each other. */
  #changing: Promise<void> = Promise.resolve();

  constructor(services: ReaderServices) {
    this.#services = services;
  }

  async start(): Promise<void> {
    this.#unwatch = this.#services.view.watch(() => void this.#follow());
    await this.#follow();
  }

  async stop(): Promise<void> {
    this.#unwatch();
    await this.#changing;
    await this.#running?.stop();
    this.#running = undefined;
  }

  /** Plugins that come while the application runs bring topics. */
  #follow(): Promise<void> {
    return (this.#changing = this.#changing.then(() => this.#subscribe()));
  }

  async #subscribe(): Promise<void> {
    const { catalogue, log } = this.#services;
    const topics = catalogue.all().map(({ topic }) => topic);
    if (topics.length === this.#topics.length && topics.every((topic) => this.#topics.includes(topic))) return;
    await this.#running?.stop();
    this.#topics = topics;
    this.#running = await log.subscribe({
      name: SUBSCRIPTION,
      topics,
      batchSize: BATCH,
      handle: (events) => this.#handle(events),
    });
  }

  async #handle(events: readonly StoredEvent[]): Promise<void> {
    const { correlationId } = executionContext();
    for (const [tenantId, ofTenant] of Map.groupBy(events, (event) => event.tenantId)) {
      const changes = { tenantId, correlationId: ofTenant[0]?.correlationId ?? correlationId };
      await runInContext(changes, () => this.#services.recorder.record(ofTenant));
    }
  }
}
