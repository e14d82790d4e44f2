import { executionContext } from "@crmessenger/kernel";
import type {
  DurableSubscription,
  EventLog,
  NewEvent,
  ReadEvents,
  RunningSubscription,
  StoredEvent,
  SubscriptionState,
  SubscriptionTopics,
} from "@crmessenger/kernel/infrastructure";
import type { Database } from "../state/database.ts";
import type { Unit } from "../state/unit.ts";
import { Checkpoints } from "./checkpoints.ts";
import { EventTable } from "./event-table.ts";
import { SubscriptionRunner } from "./subscription-runner.ts";

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;

/** The log, with subscriptions that last as long as the process. */
export class MemoryEventLog implements EventLog {
  readonly #database: Database;
  readonly #events: EventTable;
  readonly #checkpoints: Checkpoints;
  readonly #running = new Set<SubscriptionRunner>();
  /** By name: settles when the subscription is free to be served by another. */
  readonly #served = new Map<string, Promise<void>>();

  constructor(database: Database) {
    this.#database = database;
    this.#events = new EventTable(database);
    this.#checkpoints = new Checkpoints(database);
  }

  async append(events: readonly NewEvent[]): Promise<void> {
    this.#database.required("An event");
    await this.#database.write((unit) => this.#events.append(unit, events));
  }

  /** Adds events in a unit that holds the lock. */
  add(unit: Unit, events: readonly NewEvent[]): void {
    this.#events.append(unit, events);
  }

  async read({ after, limit = DEFAULT_LIMIT, topics }: ReadEvents): Promise<readonly StoredEvent[]> {
    const { tenantId } = executionContext();
    return this.#events.read(
      after,
      Math.min(Math.max(limit, 1), MAX_LIMIT),
      (event) => event.tenantId === tenantId && (topics?.includes(event.topic) ?? true),
    );
  }

  async head(): Promise<number> {
    return this.#events.head;
  }

  async subscribe(subscription: DurableSubscription): Promise<RunningSubscription> {
    const { name } = subscription;
    await this.#checkpoints.begin(name, subscription.from === "start" ? 0 : this.#events.head);
    const services = { database: this.#database, events: this.#events, checkpoints: this.#checkpoints };
    const turn = this.#served.get(name) ?? Promise.resolve();
    const runner = new SubscriptionRunner(services, subscription, turn);
    const ended = Promise.withResolvers<void>();
    this.#served.set(
      name,
      Promise.all([turn, ended.promise]).then(() => undefined),
    );
    this.#running.add(runner);
    const stop = async () => {
      await runner.stop();
      this.#running.delete(runner);
      ended.resolve();
    };
    return { stop };
  }

  async subscriptions(of?: readonly SubscriptionTopics[]): Promise<readonly SubscriptionState[]> {
    const states = [...this.#running].map((runner) => runner.state());
    return of ? states.filter((state) => of.some(({ name }) => name === state.name)) : states;
  }

  async replay(name: string, position: number): Promise<void> {
    await this.#checkpoints.reset(name, position);
    for (const runner of this.#running) runner.wake();
  }

  watch(wake: () => void): () => void {
    return this.#events.watch(wake);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#running].map((runner) => runner.stop()));
  }
}
