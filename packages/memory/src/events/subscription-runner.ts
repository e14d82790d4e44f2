import { DEFAULT_TENANT, runWithContext, systemActor } from "@crmessenger/kernel";
import type {
  DurableSubscription,
  RunningSubscription,
  StoredEvent,
  SubscriptionState,
} from "@crmessenger/kernel/infrastructure";
import type { Database } from "../state/database.ts";
import type { Unit } from "../state/unit.ts";
import type { Checkpoints } from "./checkpoints.ts";
import type { EventTable } from "./event-table.ts";

const BATCH_SIZE = 100;
const MAX_ATTEMPTS = 8;
const BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 60_000;

/** What a runner works with. */
export interface RunnerServices {
  readonly database: Database;
  readonly events: EventTable;
  readonly checkpoints: Checkpoints;
}

/** Serves one subscription: hands over batches, and single events with back-off once a batch has failed. */
export class SubscriptionRunner implements RunningSubscription {
  readonly #services: RunnerServices;
  readonly #subscription: DurableSubscription;
  readonly #topics: ReadonlySet<string>;
  readonly #stopping = new AbortController();
  readonly #loop: Promise<void>;
  #wake = Promise.withResolvers<void>();
  /** Events up to here are handed over one by one. */
  #singlyUpTo = 0;
  #attempts = 0;
  #active = false;
  /** Behind this checkpoint there is nothing for this subscription up to here. */
  #scanned = { from: 0, upTo: 0 };
  #lastError: string | undefined;

  constructor(services: RunnerServices, subscription: DurableSubscription, begin: Promise<void>) {
    this.#services = services;
    this.#subscription = subscription;
    this.#topics = new Set(subscription.topics);
    const unwatch = services.events.watch(() => this.wake());
    this.#loop = services.database.atRoot(() => this.#run(begin).finally(unwatch));
  }

  /** Looks again for something to do. */
  wake(): void {
    this.#wake.resolve();
  }

  stop(): Promise<void> {
    this.#stopping.abort();
    this.wake();
    return this.#loop;
  }

  state(): SubscriptionState {
    const { name } = this.#subscription;
    const position = this.#services.checkpoints.position(name) ?? 0;
    return {
      name,
      position,
      lag: this.#services.events.count(position, this.#topics),
      deadLetters: this.#services.checkpoints.deadLetters(name).length,
      running: this.#active && !this.#stopping.signal.aborted,
      ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
    };
  }

  async #run(begin: Promise<void>): Promise<void> {
    await Promise.race([begin, aborted(this.#stopping.signal)]);
    this.#active = true;
    while (!this.#stopping.signal.aborted) {
      this.#wake = Promise.withResolvers();
      const from = this.#services.checkpoints.position(this.#subscription.name) ?? 0;
      const batch = this.#nextBatch(from);
      if (batch.length === 0) await this.#wake.promise;
      else await this.#deliver(from, batch);
    }
  }

  #nextBatch(from: number): readonly StoredEvent[] {
    const size = from < this.#singlyUpTo ? 1 : (this.#subscription.batchSize ?? BATCH_SIZE);
    if (this.#scanned.from !== from) this.#scanned = { from, upTo: from };
    const batch = this.#services.events.read(this.#scanned.upTo, size, ({ topic }) => this.#topics.has(topic));
    if (batch.length === 0) this.#scanned = { from, upTo: this.#services.events.head };
    return batch;
  }

  async #deliver(from: number, batch: readonly StoredEvent[]): Promise<void> {
    const to = batch.at(-1)?.position ?? from;
    try {
      await this.#inUnit(async () => {
        await this.#subscription.handle(batch);
        await this.#move(from, to);
      });
      this.#attempts = 0;
    } catch (error) {
      if (error === MOVED) return;
      this.#lastError = error instanceof Error ? error.message : String(error);
      this.#services.database.logger.warn(`Subscription "${this.#subscription.name}" failed: ${this.#lastError}`, {
        position: to,
        events: batch.length,
      });
      if (batch.length > 1) this.#singlyUpTo = to;
      else await this.#failed(from, to);
    }
  }

  async #failed(from: number, position: number): Promise<void> {
    this.#attempts += 1;
    if (this.#attempts >= (this.#subscription.maxAttempts ?? MAX_ATTEMPTS)) {
      await this.#putAside(from, position);
      return;
    }
    const delay = Math.min(BACKOFF_MS * 2 ** (this.#attempts - 1), MAX_BACKOFF_MS);
    await this.#services.database.clock.sleep(delay, this.#stopping.signal).catch(() => undefined);
  }

  async #putAside(from: number, position: number): Promise<void> {
    const { database, checkpoints } = this.#services;
    const subscription = this.#subscription.name;
    const letter = { subscription, position, error: this.#lastError ?? "", at: database.now() };
    try {
      await this.#inUnit(() => this.#move(from, position, (unit) => checkpoints.addDeadLetter(unit, letter)));
      this.#attempts = 0;
    } catch (error) {
      if (error !== MOVED)
        database.logger.error(`Subscription "${subscription}" could not put an event aside: ${String(error)}`, {
          position,
        });
    }
  }

  /** Moves the checkpoint in the current unit, unless a replay has moved it meanwhile: then the unit is undone. */
  async #move(from: number, to: number, more?: (unit: Unit) => void): Promise<void> {
    const moved = await this.#services.database.write((unit) => {
      more?.(unit);
      return this.#services.checkpoints.move(unit, this.#subscription.name, { from, to });
    });
    if (!moved) throw MOVED;
  }

  /** A unit of work as the system; subscribers change to the tenant of each event. */
  #inUnit(work: () => Promise<void>): Promise<void> {
    const { database } = this.#services;
    const context = {
      tenantId: DEFAULT_TENANT,
      actor: systemActor,
      correlationId: database.ids.next(),
      causationId: null,
      locale: "en",
    };
    return runWithContext(context, () => database.run(work));
  }
}

const MOVED = new Error("The checkpoint was moved.");

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
