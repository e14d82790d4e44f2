import type { Clock, Ids, Logger } from "@crmessenger/kernel/infrastructure";
import { type Kysely, sql } from "kysely";
import { Pump } from "../background/pump.ts";
import type { Database } from "../database/database.ts";

export interface PresenceServices {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
}

/** How often a process says that it is there. */
const HEARTBEAT_MS = 1_000;

/** Without its connection and silent for this long, a process is taken for dead. */
const SILENCE_MS = 2_500;

type Rows = Record<string, Record<string, unknown>>;

/**
 * Whether the process in row `alias` of `processes` lives. The server itself knows when a process was killed: its
 * connection is gone. That alone could be a mere hiccup of the network, so the process must have been silent as well;
 * and a process that is merely slow keeps its connection. A role may not see the start of another role's connection.
 */
export function isAlive(alias: string): string {
  return `(${alias}.seen_at > clock_timestamp() - interval '${SILENCE_MS} milliseconds' or exists (
    select from pg_stat_activity a
    where a.pid = ${alias}.backend_pid and (a.backend_start is null or a.backend_start = ${alias}.backend_start)))`;
}

/**
 * Tells the other processes on a PostgreSQL server that this one is alive, by a connection that it keeps and a row
 * that names it. The embedded database has one process only: whoever opens it is alone.
 */
export class ProcessPresence {
  /** Of this process, or rather of this kernel in it. */
  readonly id: string;
  readonly #services: PresenceServices;
  readonly #pump: Pump;
  #connection: Pinned | undefined;
  #others = 0;

  constructor(services: PresenceServices) {
    this.#services = services;
    this.id = services.ids.next();
    this.#pump = new Pump(services, { name: "Telling the other processes that this one is alive", everyMs: HEARTBEAT_MS, run: () => this.#beat() });
  }

  /** Whether there are other processes, as far as the last heartbeat knew. */
  get hasCompany(): boolean {
    return this.#others > 0;
  }

  /** In SQL: there is no other process. */
  get aloneCondition(): string {
    if (this.#services.database.engine === "pglite") return "true";
    return `not exists (select from processes p where p.id <> '${this.id}'::uuid and ${isAlive("p")})`;
  }

  async start(): Promise<void> {
    if (this.#services.database.engine === "pglite") return;
    await this.#beat();
    this.#pump.start();
  }

  async stop(): Promise<void> {
    if (this.#services.database.engine === "pglite") return;
    await this.#pump.stop();
    await this.#connection?.close();
    await this.#services.database.query("delete from processes where id = $1::uuid", [this.id]);
  }

  async #beat(): Promise<void> {
    const connection = (this.#connection ??= await this.#connect());
    try {
      await connection.run(async (kysely) => {
        const { rows } = await sql<{ others: number }>`
          with beat as (update processes set seen_at = clock_timestamp() where id = ${this.id}::uuid returning id)
          select (select count(*) from processes p where p.id <> b.id) as others from beat b`.execute(kysely);
        if (rows[0]) this.#others = rows[0].others;
        else await this.#introduce(kysely); // we were taken for dead and tidied away
      });
    } catch (error) {
      this.#connection = undefined;
      await connection.close();
      throw error;
    }
  }

  async #connect(): Promise<Pinned> {
    const connection = new Pinned(await this.#services.database.kysely());
    try {
      await connection.run((kysely) => this.#introduce(kysely));
    } catch (error) {
      await connection.close();
      throw error;
    }
    return connection;
  }

  async #introduce(kysely: Kysely<Rows>): Promise<void> {
    // A heartbeat that a crash of the server loses is no loss: the connection is lost with it.
    await sql`set synchronous_commit to off`.execute(kysely);
    await sql`delete from processes p where not ${sql.raw(isAlive("p"))}`.execute(kysely);
    await sql`
      insert into processes (id, backend_pid, backend_start, seen_at)
      select ${this.id}::uuid, a.pid, a.backend_start, clock_timestamp() from pg_stat_activity a where a.pid = pg_backend_pid()
      on conflict (id) do update
        set backend_pid = excluded.backend_pid, backend_start = excluded.backend_start, seen_at = excluded.seen_at`.execute(kysely);
  }
}

/** One connection of the pool, held until it is closed. */
class Pinned {
  readonly #held: Promise<Kysely<Rows>>;
  readonly #released: Promise<void>;
  readonly #end = Promise.withResolvers<void>();

  constructor(kysely: Kysely<Rows>) {
    const held = Promise.withResolvers<Kysely<Rows>>();
    this.#held = held.promise;
    this.#released = kysely
      .connection()
      .execute(async (connection) => {
        held.resolve(connection);
        await this.#end.promise;
        await sql`reset synchronous_commit`.execute(connection);
      })
      .catch((error: unknown) => held.reject(error)); // the loss of a connection is told to those who use it
  }

  async run(work: (connection: Kysely<Rows>) => Promise<void>): Promise<void> {
    await work(await this.#held);
  }

  async close(): Promise<void> {
    this.#end.resolve();
    await this.#released;
  }
}
