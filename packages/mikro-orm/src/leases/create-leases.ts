import { runOutsideUnitOfWork } from "@crmessenger/kernel";
import type { Lease, LeaseOptions, Leases } from "@crmessenger/kernel/infrastructure";
import { Pump } from "../background/pump.ts";
import { HeldLease } from "./held-lease.ts";
import { type PresenceServices, ProcessPresence, isAlive } from "./process-presence.ts";

export interface LeasesHandle extends Leases {
  /** This process among those of the application. */
  readonly presence: ProcessPresence;
  start(): Promise<void>;
  /** Releases what is still held. */
  stop(): Promise<void>;
}

/** Tenures are measured by what goes on evenly, whatever becomes of the time of day. */
const now = () => performance.now();

const DEFAULT_TTL_MS = 15_000;

/** Leases renew themselves at a third of their time; this is for what slipped through. */
const RENEW_EVERY_MS = 5_000;

/** How often a waiting process asks again; within the process nobody has to ask. */
const ASK_AGAIN_MS = 500;

/** Leases as rows, counted by the clock of the database. */
export function createLeases(services: PresenceServices): LeasesHandle {
  return new RowLeases(services);
}

class RowLeases implements LeasesHandle {
  readonly presence: ProcessPresence;
  readonly #services: PresenceServices;
  readonly #held = new Map<string, HeldLease>();
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #pump: Pump;

  constructor(services: PresenceServices) {
    this.#services = services;
    this.presence = new ProcessPresence(services);
    this.#pump = new Pump(services, { name: "Renewing leases", everyMs: RENEW_EVERY_MS, run: () => this.#renew() });
  }

  async start(): Promise<void> {
    await freeAbandoned(this.#services);
    await this.presence.start();
    this.#pump.start();
  }

  async stop(): Promise<void> {
    await this.#pump.stop();
    const failures = (await Promise.allSettled([...this.#held.values()].map((lease) => lease.release()))).filter(
      ({ status }) => status === "rejected",
    );
    if (failures.length > 0)
      this.#services.logger.warn("Some leases could not be given back and will run out by themselves.", {
        leases: failures.length,
      });
    await this.presence.stop();
  }

  async tryAcquire(name: string, { ttlMs = DEFAULT_TTL_MS }: LeaseOptions = {}): Promise<Lease | undefined> {
    const since = now();
    const { rows } = await runOutsideUnitOfWork(() =>
      this.#services.database.query<{ token: number }>(
        ACQUIRE[this.#services.database.engine],
        [name, this.presence.id, ttlMs],
        { name: "lease_acquire" },
      ),
    );
    const [row] = rows;
    if (!row) return undefined;
    this.#held.get(name)?.lose("Another holder took it after it had run out.");
    const tenure = { name, fencingToken: row.token, ttlMs, since };
    const lease = new HeldLease(tenure, {
      clock: this.#services.clock,
      now,
      renew: () => this.#pump.wake(),
      giveUp: (lease) => this.#release(lease),
    });
    this.#held.set(name, lease);
    return lease;
  }

  async acquire(name: string, options: LeaseOptions & { readonly signal?: AbortSignal } = {}): Promise<Lease> {
    const { signal, ...rest } = options;
    for (;;) {
      signal?.throwIfAborted();
      const lease = await this.tryAcquire(name, rest);
      if (lease && !signal?.aborted) return lease;
      await (lease ? lease.release() : this.#wait(name, signal));
    }
  }

  /** Until somebody in this process released it, or it is time to ask again. */
  async #wait(name: string, signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting = this.#waiting.get(name) ?? new Set();
    this.#waiting.set(name, waiting.add(resolve));
    const cancel = this.#services.clock.schedule(ASK_AGAIN_MS, resolve);
    const onAbort = () => reject(signal?.reason as Error);
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      await promise;
    } finally {
      cancel();
      signal?.removeEventListener("abort", onAbort);
      waiting.delete(resolve);
      if (waiting.size === 0) this.#waiting.delete(name);
    }
  }

  async #release(lease: HeldLease): Promise<void> {
    if (this.#held.get(lease.name) === lease) this.#held.delete(lease.name);
    await runOutsideUnitOfWork(() =>
      this.#services.database.query(RELEASE, [lease.name, lease.fencingToken], { name: "lease_release" }),
    );
    const [first] = this.#waiting.get(lease.name) ?? [];
    first?.();
  }

  /** One statement for all that are due. */
  async #renew(): Promise<void> {
    const since = now();
    for (const lease of this.#held.values()) if (!lease.isHeld) this.#held.delete(lease.name);
    const due = [...this.#held.values()].filter((lease) => since - lease.since >= lease.ttlMs / 6);
    if (due.length === 0) return;
    const { rows } = await this.#services.database.query<{ name: string; token: number }>(
      RENEW,
      [due.map(({ name }) => name), due.map(({ fencingToken }) => fencingToken), due.map(({ ttlMs }) => ttlMs)],
      { name: "lease_renew" },
    );
    const renewed = new Map(rows.map(({ name, token }) => [name, token]));
    for (const lease of due) {
      if (renewed.get(lease.name) === lease.fencingToken) lease.extend(since);
      else if (lease.isHeld) lease.lose("Another holder has it.");
    }
  }
}

const cleaned = new WeakSet<object>();

/** Nobody else can hold a lease on an embedded database that has just been opened. */
async function freeAbandoned({ database }: PresenceServices): Promise<void> {
  if (database.engine !== "pglite" || cleaned.has(database)) return;
  cleaned.add(database);
  await database.query("update leases set expires_at = '-infinity'");
}

/** The token rises with each holder, and only under the lock of the row. */
const acquireIf = (alsoFree: string) => `
  insert into leases as l (name, process, token, expires_at)
  values ($1, $2::uuid, 1, clock_timestamp() + $3::bigint * interval '1 millisecond')
  on conflict (name) do update set process = excluded.process, token = l.token + 1, expires_at = excluded.expires_at
  where l.expires_at <= clock_timestamp()${alsoFree}
  returning token`;

const ACQUIRE = {
  pglite: acquireIf(""),
  postgresql: acquireIf(
    ` or (l.process <> excluded.process and not exists (select from processes p where p.id = l.process and ${isAlive("p")}))`,
  ),
};

const RELEASE = `update leases set expires_at = '-infinity' where name = $1 and token = $2::bigint`;

const RENEW = `
  update leases l set expires_at = clock_timestamp() + r.ttl * interval '1 millisecond'
  from unnest($1::text[], $2::bigint[], $3::bigint[]) as r(name, token, ttl)
  where l.name = r.name and l.token = r.token and l.expires_at > '-infinity'
  returning l.name, l.token`;
