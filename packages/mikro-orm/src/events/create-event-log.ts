import { AsyncLocalStorage } from "node:async_hooks";
import { CrmError, executionContext } from "@crmessenger/kernel";
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
import { UnitBuffer } from "../ledger/unit-buffer.ts";
import { EventFeed } from "./event-feed.ts";
import { EVENT_SELECTION, type EventRow, insertEvents, toEventRow, toStoredEvent } from "./event-row.ts";
import { EVENTS_CHANNEL } from "./events-channel.ts";
import { Sequencer, type SequencerServices } from "./sequencer.ts";
import { type RunnerServices, SubscriptionRunner } from "./subscription-runner.ts";
import { SubscriptionStore } from "./subscription-store.ts";

export interface EventLogHandle extends EventLog {
  /** Has to be called after a commit of events that were inserted past `append`. */
  wake(): void;
  start(): Promise<void>;
  /** Stops what still runs. */
  stop(): Promise<void>;
}

export type EventLogServices = SequencerServices & Pick<RunnerServices, "unitOfWork" | "leases">;

const LIMITS = { default: 100, most: 1_000 };

export function createEventLog(services: EventLogServices): EventLogHandle {
  return new DatabaseEventLog(services);
}

class DatabaseEventLog implements EventLogHandle {
  readonly #services: EventLogServices;
  readonly #sequencer: Sequencer;
  readonly #appended: UnitBuffer<NewEvent>;
  readonly #feed: EventFeed;
  readonly #store: SubscriptionStore;
  readonly #runners = new Set<SubscriptionRunner>();
  /** Deliveries belong to nobody, least of all to whoever subscribed. */
  readonly #detached = AsyncLocalStorage.snapshot();
  #unlisten: () => Promise<void> = () => Promise.resolve();

  constructor(services: EventLogServices) {
    const { database } = services;
    this.#services = services;
    this.#sequencer = new Sequencer(services);
    this.#appended = new UnitBuffer(database, "An event", (events) => this.#insert(events));
    this.#feed = new EventFeed(database);
    this.#store = new SubscriptionStore(database);
    this.#sequencer.watch(() => this.#runners.forEach((runner) => runner.wake()));
  }

  async start(): Promise<void> {
    const { database } = this.#services;
    // The embedded database has no other process to hear from.
    if (database.engine === "postgresql")
      this.#unlisten = await database.listen(EVENTS_CHANNEL, (payload) => this.#heard(payload));
    await this.#sequencer.start();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#runners].map((runner) => runner.stop()));
    await this.#sequencer.stop();
    await this.#unlisten();
  }

  wake(): void {
    this.#sequencer.wake();
  }

  async append(events: readonly NewEvent[]): Promise<void> {
    this.#appended.add(events);
  }

  async read({ after, limit = LIMITS.default, topics }: ReadEvents): Promise<readonly StoredEvent[]> {
    await this.#sequencer.settled();
    const parameters = [executionContext().tenantId, after, Math.min(Math.max(1, limit), LIMITS.most)];
    const { rows } = await this.#services.database.query<EventRow>(
      readEvents(topics !== undefined),
      topics === undefined ? parameters : [...parameters, topics],
    );
    return rows.map(toStoredEvent);
  }

  async head(): Promise<number> {
    await this.#sequencer.settled();
    const { rows } = await this.#services.database.query<{ head: number }>(HEAD, [], { name: "events_head" });
    return rows[0]?.head ?? 0;
  }

  async subscribe(subscription: DurableSubscription): Promise<RunningSubscription> {
    // What was committed before is before the head, numbered or not.
    await this.#sequencer.settled();
    await this.#store.register(subscription.name, subscription.from ?? "head");
    const services = { ...this.#services, store: this.#store, feed: this.#feed, sequencer: this.#sequencer };
    const runner = this.#detached(
      () => new SubscriptionRunner(subscription, services, (runner) => this.#runners.delete(runner)),
    );
    this.#runners.add(runner);
    this.#feed.serve(new Set([...this.#runners].flatMap(({ topics }) => [...topics])), this.#sequencer.head);
    return runner;
  }

  async subscriptions(of?: readonly SubscriptionTopics[]): Promise<readonly SubscriptionState[]> {
    const runners = new Map([...this.#runners].map((runner) => [runner.subscription.name, runner]));
    const asked = of ?? [...runners.values()].map(({ subscription }) => subscription);
    const rows = await this.#store.progress(asked.map(({ name, topics }) => ({ name, topics })));
    const byName = new Map(rows.map((row) => [row.name, row]));
    return asked.flatMap(({ name }): SubscriptionState[] => {
      const row = byName.get(name);
      if (!row) return [];
      const { position, lag, dead_letters: deadLetters, last_error: lastError } = row;
      const running = runners.get(name)?.isServing ?? false;
      return [{ name, position, lag, deadLetters, running, ...(lastError === null ? {} : { lastError }) }];
    });
  }

  async replay(name: string, position: number): Promise<void> {
    if (!(await this.#store.move(name, Math.max(0, Math.trunc(position))))) {
      throw new CrmError(
        "CRM_EVENT_UNKNOWN_SUBSCRIPTION",
        `There is no subscription "${name}" to replay. Its name is \`<plugin>.<subscription>\`, and it exists once its plugin has run.`,
        {
          status: 404,
          details: { name },
        },
      );
    }
    if (executionContext().unitOfWork) this.#services.database.afterCommit(() => this.#reload(name));
    else this.#reload(name);
  }

  watch(wake: () => void): () => void {
    return this.#sequencer.watch(wake);
  }

  async #insert(events: readonly NewEvent[]): Promise<void> {
    const { database } = this.#services;
    await database.query(INSERT, [JSON.stringify(events.map(toEventRow))], { name: "events_insert" });
    database.afterCommit(() => this.wake());
  }

  #reload(name: string): void {
    for (const runner of this.#runners) if (runner.subscription.name === name) runner.reload();
  }

  #heard(payload: string): void {
    const replayed = /^replay (.*)$/s.exec(payload)?.[1];
    if (replayed !== undefined) return this.#reload(replayed);
    const head = Number(payload);
    if (head > 0) return this.#sequencer.heard(head);
    // The connection was lost for a while, and with it anything may have been missed.
    for (const runner of this.#runners) runner.reload();
    this.#sequencer.wake();
  }
}

const INSERT = insertEvents("$1");

const HEAD = `select coalesce(max(position), 0) as head from events where position is not null`;

function readEvents(byTopic: boolean): string {
  return `
    select ${EVENT_SELECTION} from events
    where tenant_id = $1 and position > $2::bigint ${byTopic ? "and topic = any($4::text[])" : ""}
    order by position limit $3::int`;
}
