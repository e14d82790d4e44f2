import { CrmError, isCrmError, runInContext, systemActor, toCrmError } from "@crmessenger/kernel";
import type {
  Clock,
  DurableSubscription,
  Lease,
  Leases,
  Logger,
  RunningSubscription,
  StoredEvent,
  UnitOfWork,
} from "@crmessenger/kernel/infrastructure";
import { Bell } from "../background/bell.ts";
import type { EventFeed } from "./event-feed.ts";
import type { Sequencer } from "./sequencer.ts";
import type { SubscriptionStore } from "./subscription-store.ts";

export interface RunnerServices {
  readonly unitOfWork: UnitOfWork;
  readonly leases: Leases;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly store: SubscriptionStore;
  readonly feed: EventFeed;
  readonly sequencer: Sequencer;
}

const DEFAULTS = { batchSize: 100, maxAttempts: 8 };
const BACKOFF_MS = { first: 100, most: 30_000 };

/** A checkpoint that moved only past events of other topics is written when it has moved this far. */
const WORTH_WRITING = 1_000;

/** Somebody else moved the checkpoint: by a replay, or by serving the subscription. */
const MOVED = "CRM_EVENT_CHECKPOINT_MOVED";

/** Failures of the database or of the competition for it, which say nothing about the event. */
const NOT_THE_EVENT = new Set([
  "CRM_STORAGE_UNAVAILABLE",
  "CRM_DATABASE_UNREACHABLE",
  "CRM_UOW_CONFLICT",
  "CRM_UOW_OUTCOME_UNKNOWN",
]);

interface Progress {
  /** The checkpoint as it is stored. */
  stored: number;
  /** Between `stored` and here there is nothing of our topics. */
  seen: number;
  /** How often the next event has failed. */
  attempts: number;
  /** Events up to here go one by one, since one of them failed in a batch. */
  singlyUntil: number;
}

/** Serves one subscription, as long as this process is the one that does. */
export class SubscriptionRunner implements RunningSubscription {
  readonly subscription: DurableSubscription;
  readonly topics: ReadonlySet<string>;
  readonly #services: RunnerServices;
  readonly #bell = new Bell();
  readonly #stopping = new AbortController();
  readonly #onStop: (runner: SubscriptionRunner) => void;
  readonly #over: Promise<void>;
  #moved = false;
  #lease: Lease | undefined;
  #failuresInARow = 0;

  constructor(
    subscription: DurableSubscription,
    services: RunnerServices,
    onStop: (runner: SubscriptionRunner) => void,
  ) {
    this.subscription = subscription;
    this.topics = new Set(subscription.topics);
    this.#services = services;
    this.#onStop = onStop;
    this.#over = this.#serve();
  }

  get isServing(): boolean {
    return this.#lease !== undefined && !this.#lease.signal.aborted;
  }

  /** There may be new events. */
  wake(): void {
    this.#bell.ring();
  }

  /** The stored checkpoint is not where it was. */
  reload(): void {
    this.#moved = true;
    this.#bell.ring();
  }

  async stop(): Promise<void> {
    this.#stopping.abort(
      new CrmError("CRM_EVENT_STOPPED", `The subscription "${this.subscription.name}" was stopped.`),
    );
    this.#bell.ring();
    await this.#over;
    this.#onStop(this);
  }

  async #serve(): Promise<void> {
    while (!this.#isStopping()) {
      try {
        await this.#serveWhileOurs();
        this.#failuresInARow = 0;
      } catch (error) {
        if (!this.#isStopping()) await this.#rest(toCrmError(error));
      }
    }
  }

  async #serveWhileOurs(): Promise<void> {
    const { leases } = this.#services;
    const lease = await leases.acquire(`events/${this.subscription.name}`, { signal: this.#stopping.signal });
    this.#lease = lease;
    lease.signal.addEventListener("abort", () => this.#bell.ring(), { once: true });
    try {
      await this.#deliver(lease);
    } finally {
      this.#lease = undefined;
      await lease.release();
    }
  }

  async #deliver(lease: Lease): Promise<void> {
    let progress = await this.#load();
    while (!this.#isStopping() && !lease.signal.aborted) {
      if (this.#moved) progress = await this.#load();
      const limit = this.#limitOf(progress);
      const { events, through } = await this.#read(progress, limit);
      if (events.length > 0) {
        if (!(await this.#handOver(progress, events, through))) progress = await this.#load();
        else if (events.length < limit) await this.#linger();
        continue;
      }
      await this.#skip(progress, through, WORTH_WRITING);
      if (progress.seen < this.#services.sequencer.head) continue;
      await this.#bell.wait();
      await this.#linger();
    }
    if (!lease.signal.aborted) await this.#skip(progress, progress.seen, 1);
  }

  async #load(): Promise<Progress> {
    this.#moved = false;
    const { position, attempts } = await this.#services.store.load(this.subscription.name);
    return { stored: position, seen: position, attempts, singlyUntil: attempts > 0 ? position + 1 : 0 };
  }

  #limitOf({ seen, singlyUntil }: Progress): number {
    return seen < singlyUntil ? 1 : (this.subscription.batchSize ?? DEFAULTS.batchSize);
  }

  /** Lets more events come together, where the subscription wants that: it has just begun, or handled all there was. */
  async #linger(): Promise<void> {
    if (this.subscription.lingerMs !== undefined) await this.#pause(this.subscription.lingerMs);
  }

  #read(progress: Progress, limit: number) {
    return this.#services.feed.read({
      after: progress.seen,
      topics: this.topics,
      limit,
      head: this.#services.sequencer.head,
    });
  }

  /** There was nothing of our topics up to `through`. */
  async #skip(progress: Progress, through: number, worth: number): Promise<void> {
    progress.seen = through;
    if (through - progress.stored < worth) return;
    if (await this.#services.store.advance(this.subscription.name, progress.stored, through)) progress.stored = through;
    else this.#moved = true;
  }

  /** Answers whether `progress` is still true. */
  async #handOver(progress: Progress, events: readonly StoredEvent[], through: number): Promise<boolean> {
    try {
      await this.#commit(progress.stored, through, () => this.subscription.handle(events));
      Object.assign(progress, { stored: through, seen: through, attempts: 0 });
      this.#failuresInARow = 0;
      return true;
    } catch (thrown) {
      const error = toCrmError(thrown);
      if (error.code === MOVED) return false;
      if (NOT_THE_EVENT.has(error.code)) {
        await this.#rest(error);
        return false;
      }
      if (events.length > 1) {
        progress.singlyUntil = (events.at(-1) as StoredEvent).position;
        return true;
      }
      return this.#failed(progress, events[0] as StoredEvent, error);
    }
  }

  /** The checkpoint moves first: whoever else believes to serve this subscription waits here, and then finds it moved. */
  async #commit(from: number, to: number, work: () => Promise<void>): Promise<void> {
    const { store, unitOfWork } = this.#services;
    const { name } = this.subscription;
    await runInContext({ actor: systemActor }, () =>
      unitOfWork.run(async () => {
        if (!(await store.advance(name, from, to)))
          throw new CrmError(MOVED, `The checkpoint of "${name}" is no longer at ${from}.`, { retryable: true });
        await work();
      }),
    );
  }

  async #failed(progress: Progress, event: StoredEvent, error: CrmError): Promise<boolean> {
    const { store, logger } = this.#services;
    const { name, maxAttempts = DEFAULTS.maxAttempts } = this.subscription;
    const fields = { subscription: name, position: event.position, topic: event.topic, code: error.code };
    const attempts = await store.recordFailure(name, progress.stored, error);
    if (attempts === 0) return false;
    progress.attempts = attempts;
    if (attempts >= maxAttempts) {
      await this.#commit(progress.stored, event.position, () => store.bury(name, event, attempts, error));
      Object.assign(progress, { stored: event.position, seen: event.position, attempts: 0 });
      logger.error(
        `The subscription "${name}" gave up on an event after ${attempts} attempts: ${error.message}`,
        fields,
      );
      return true;
    }
    logger.warn(`The subscription "${name}" failed on an event and will try again: ${error.message}`, {
      ...fields,
      attempts,
    });
    await this.#pause(Math.max(error.retryAfterMs ?? 0, backoff(attempts)));
    return true;
  }

  async #rest(error: CrmError): Promise<void> {
    this.#failuresInARow += 1;
    const { code, message } = error;
    if (!isCrmError(error, "CRM_UOW_CONFLICT"))
      this.#services.logger.warn(
        `The subscription "${this.subscription.name}" can't be served at the moment: ${message}`,
        { code },
      );
    await this.#pause(backoff(this.#failuresInARow));
  }

  /** Waits, unless the subscription is stopped, moved or no longer ours. */
  async #pause(milliseconds: number): Promise<void> {
    const { clock } = this.#services;
    let over = false;
    const cancel = clock.schedule(milliseconds, () => {
      over = true;
      this.#bell.ring();
    });
    const goOn = () => over || this.#isStopping() || this.#moved || this.#lease?.signal.aborted === true;
    while (!goOn()) await this.#bell.wait();
    cancel();
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }
}

function backoff(attempts: number): number {
  const longest = Math.min(BACKOFF_MS.most, BACKOFF_MS.first * 2 ** (attempts - 1));
  return longest * (0.5 + Math.random() / 2);
}
