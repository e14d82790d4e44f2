import { toCrmError } from "@crmessenger/kernel";
import type { Clock, Ids, Logger } from "@crmessenger/kernel/infrastructure";
import { Pump } from "../background/pump.ts";
import type { Database, ReservedConnection } from "../database/database.ts";

export interface PresenceServices {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
}

/** How often a process says that it is there. */
const HEARTBEAT_MS = 500;

/** Without its connection and silent for this long, a process is taken for dead. */
const SILENCE_MS = 1_500;

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
  #connection: ReservedConnection | undefined;
  #others = 0;

  constructor(services: PresenceServices) {
    this.#services = services;
    this.id = services.ids.next();
    this.#pump = new Pump(services, {
      name: "Telling the other processes that this one is alive",
      everyMs: HEARTBEAT_MS,
      run: () => this.#beat(),
    });
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
    this.#giveBack();
    try {
      await this.#services.database.query("delete from processes where id = $1::uuid", [this.id]);
    } catch (error) {
      this.#services.logger.debug(
        `This process could not take its leave of the others, who will notice: ${toCrmError(error).message}`,
      );
    }
  }

  async #beat(): Promise<void> {
    const connection = (this.#connection ??= await this.#connect());
    try {
      const { rows } = await connection.query<{ others: number }>(BEAT, [this.id]);
      if (rows[0]) this.#others = rows[0].others;
      else await this.#introduce(connection); // we were taken for dead and tidied away
    } catch (error) {
      this.#connection = undefined;
      connection.discard(); // its commits are not to be relied on
      throw error;
    }
  }

  async #connect(): Promise<ReservedConnection> {
    const connection = await this.#services.database.reserve();
    try {
      await this.#introduce(connection);
    } catch (error) {
      connection.discard(); // its commits are not to be relied on
      throw error;
    }
    return connection;
  }

  async #introduce(connection: ReservedConnection): Promise<void> {
    // A heartbeat that a crash of the server loses is no loss: the connection is lost with it.
    await connection.query("set synchronous_commit to off");
    await connection.query(`delete from processes p where not ${isAlive("p")}`);
    await connection.query(INTRODUCE, [this.id]);
  }

  #giveBack(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.discard();
  }
}

const BEAT = `
  with beat as (update processes set seen_at = clock_timestamp() where id = $1::uuid returning id)
  select (select count(*) from processes p where p.id <> b.id and p.seen_at > clock_timestamp() - interval '10 seconds') as others
          from beat b`;

const INTRODUCE = `
  insert into processes (id, backend_pid, backend_start, seen_at)
  select $1::uuid, a.pid, a.backend_start, clock_timestamp() from pg_stat_activity a where a.pid = pg_backend_pid()
  on conflict (id) do update
    set backend_pid = excluded.backend_pid, backend_start = excluded.backend_start, seen_at = excluded.seen_at`;
