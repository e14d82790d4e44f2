import type { Clock, Lease, RateBudget, RateLimit } from "@crmessenger/kernel/infrastructure";
import { describeEventLog, describeJobs, describeLeases, describeRateBudget } from "@crmessenger/testing";
import { breakStorage, but } from "./break-storage.ts";
import type { Breakage } from "./breakage.ts";

/** A budget that counts the permits of the last window by the time of day. */
class DaytimeBudget implements RateBudget {
  readonly #clock: Clock;
  readonly #grants = new Map<string, number[]>();
  readonly #blocked = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async take(name: string, { permits, perMs }: RateLimit): Promise<void> {
    for (;;) {
      const now = this.#clock.now();
      const live = (this.#grants.get(name) ?? []).filter((at) => at > now - perMs);
      if ((this.#blocked.get(name) ?? 0) <= now && live.length < permits) {
        this.#grants.set(name, [...live, now]);
        return;
      }
      await this.#clock.sleep(10);
    }
  }

  async block(name: string, untilMs: number): Promise<void> {
    this.#blocked.set(name, untilMs);
  }
}

const daytimeJobs = () =>
  breakStorage(({ jobs }, { clock }) => {
    let latest = 0;
    const look = () => (latest = Math.max(latest, clock.now()));
    return {
      jobs: but(jobs, {
        enqueue(job, data, options) {
          look();
          return jobs.enqueue(job, data, options);
        },
        work: (job, run) =>
          jobs.work(job, async (task) => {
            while (clock.now() < latest) await clock.sleep(20, task.signal);
            look();
            await run(task);
          }),
      }),
    };
  });

const daytimeBudget = () => breakStorage((_, { clock }) => ({ rateBudget: new DaytimeBudget(clock) }));

/** Storages that measure by the time of day what has nothing to do with it. */
export const clockBreakages: readonly Breakage[] = [
  {
    fault: "takes a holder for dead when the time of day is set forward",
    suite: describeLeases,
    noticedBy: "stays with its holder, and with nobody for ever, however the time of day is set",
    plugin: () =>
      breakStorage(({ leases }, { clock }) => {
        const ends = new Map<string, number>();
        const kept = (lease: Lease, ttlMs = 15_000) => {
          ends.set(lease.name, clock.now() + ttlMs);
          return lease;
        };
        return {
          leases: but(leases, {
            acquire: async (name, options) => kept(await leases.acquire(name, options), options?.ttlMs),
            async tryAcquire(name, options) {
              const lease = await leases.tryAcquire(name, options);
              if (lease) return kept(lease, options?.ttlMs);
              if ((ends.get(name) ?? Infinity) > clock.now() + 1_000) return undefined;
              const { signal } = new AbortController();
              return { name, fencingToken: 1_000, signal, release: async () => undefined };
            },
          }),
        };
      }),
  },
  {
    fault: "forgets the permits of the last moment when the time of day is set forward",
    suite: describeRateBudget,
    noticedBy: "keeps its pace however the time of day is set",
    plugin: daytimeBudget,
  },
  {
    fault: "blocks for an hour more when the time of day is set back",
    suite: describeRateBudget,
    noticedBy: "ends a block in time though the time of day is set back",
    plugin: daytimeBudget,
  },
  {
    fault: "lets jobs wait until the time of day is again what it was",
    suite: describeJobs,
    noticedBy: "loses, holds up and doubles no job however the time of day is set",
    plugin: daytimeJobs,
  },
  {
    fault: "lets a failed job wait until the time of day is again what it was",
    suite: describeJobs,
    noticedBy: "tries again in time though the time of day is set back meanwhile",
    plugin: daytimeJobs,
  },
  {
    fault: "takes what is older by the time of day for delivered",
    suite: describeEventLog,
    noticedBy: "numbers and delivers an aggregate's events in order however the time of day is set",
    plugin: () =>
      breakStorage(({ log }) => ({
        log: but(log, {
          subscribe(subscription) {
            let latest = "";
            return log.subscribe({
              ...subscription,
              async handle(events) {
                const fresh = events.filter(({ occurredAt }) => occurredAt >= latest);
                latest = fresh.at(-1)?.occurredAt ?? latest;
                await subscription.handle(fresh);
              },
            });
          },
        }),
      })),
  },
  {
    fault: "plans the next try of a delivery by the time of day",
    suite: describeEventLog,
    noticedBy: "delivers again in time though the time of day is set back meanwhile",
    plugin: () =>
      breakStorage(({ log }, { clock }) => ({
        log: but(log, {
          subscribe(subscription) {
            let notBefore = 0;
            return log.subscribe({
              ...subscription,
              async handle(events) {
                if (clock.now() < notBefore) throw new Error("not before its time");
                notBefore = clock.now() + 50;
                await subscription.handle(events);
              },
            });
          },
        }),
      })),
  },
];
