import type { CrmError } from "@crmessenger/kernel";
import type { JobState } from "@crmessenger/kernel/infrastructure";
import type { Database, Row } from "../database/database.ts";
import type { JobTicket } from "./job-ticket.ts";

/** A job that is about to be enqueued. */
export interface NewJob {
  readonly id: string;
  readonly name: string;
  readonly singletonKey: string;
  readonly ticket: JobTicket;
  /** Absent: as soon as it is committed. */
  readonly runAt?: string;
  /** RFC 3339 with microseconds: later jobs of a process are later ones here, too. */
  readonly createdOn: string;
}

/** A job in a worker's hand, and which of its attempts it is. */
export interface Claim {
  readonly id: string;
  readonly name: string;
  readonly retryCount: number;
}

/** A running job whose worker is gone. */
export interface Orphan extends Claim {
  readonly [column: string]: unknown;
  readonly output: unknown;
}

/**
 * The few statements on pg-boss's table that it has no call for; inserting by SQL is something it documents. A key is
 * the group of its jobs, of which pg-boss fetches one at a time, and their singleton key, of which its policy
 * `singleton` lets one be active even when two processes fetch at once.
 */
export class JobStore {
  readonly #database: Database;
  readonly #schema: string;

  constructor(database: Database, schema: string) {
    this.#database = database;
    this.#schema = schema;
  }

  /** An index for `coalesce`, which pg-boss has no use for. One process at a time: "if not exists" is no guard for two. */
  async prepare(): Promise<void> {
    await this.#database.query(
      `do $$ begin
        perform pg_advisory_xact_lock(${PREPARE_LOCK});
        create index if not exists crmessenger_waiting_by_key on ${this.#schema}.job_common (name, singleton_key)
          where state < 'active' and group_id is not null;
      end $$`,
    );
  }

  async createQueues(names: readonly string[]): Promise<void> {
    await this.#database.query(
      `select ${this.#schema}.create_queue(name, $2::jsonb) from unnest($1::text[]) as n(name)`,
      [names, QUEUE],
    );
  }

  /** The names of all there are; there is no way to drop one. */
  async queues(): Promise<readonly string[]> {
    const { rows } = await this.#database.query<{ name: string }>(
      `select name from ${this.#schema}.queue where not starts_with(name, '__pgboss')`,
    );
    return rows.map(({ name }) => name);
  }

  /** Their queues must exist. */
  async insert(jobs: readonly NewJob[]): Promise<void> {
    const rows = jobs.map(({ id, name, singletonKey, ticket, runAt, createdOn }) => ({
      id,
      name,
      singleton_key: singletonKey,
      group_id: ticket.key === undefined ? null : singletonKey,
      data: ticket,
      start_after: runAt ?? null,
      created_on: createdOn,
    }));
    await this.#database.query(
      `insert into ${this.#schema}.job
        (id, name, data, start_after, created_on, singleton_key, group_id, keep_until, expire_seconds, deletion_seconds, retry_limit, retry_delay, retry_backoff, policy)
      select j.id, j.name, j.data, coalesce(j.start_after, now()), j.created_on, j.singleton_key, j.group_id,
        coalesce(j.start_after, now()) + q.retention_seconds * interval '1 second', q.expire_seconds, q.deletion_seconds, q.retry_limit, q.retry_delay, q.retry_backoff, q.policy
      from json_to_recordset($1::text::json) as j(id uuid, name text, data jsonb, start_after timestamptz, created_on timestamptz, singleton_key text, group_id text)
      join ${this.#schema}.queue q on q.name = j.name`,
      [JSON.stringify(rows)],
      { name: "jobs_insert" },
    );
  }

  /**
   * For the rest of the unit of work: read jobs along the index that has them in order. Statistics are made when a
   * queue is nearly empty, as it mostly is, and then the planner would collect and sort all that wait in a full one.
   */
  async preferOrder(): Promise<void> {
    await this.#database.query("set local enable_bitmapscan to off");
  }

  /**
   * Drops the jobs of these keys that wait beside the claimed ones, and answers how many those were. What their
   * enqueuers have committed is there for the claimed jobs to see; what is committed later comes with a job that this
   * statement doesn't see either.
   */
  async coalesce(
    name: string,
    claimed: readonly { readonly id: string; readonly singletonKey: string }[],
  ): Promise<number> {
    const { rowCount } = await this.#database.query(
      `delete from ${this.#schema}.job j using unnest($2::uuid[], $3::text[]) as c(id, key)
      where j.name = $1 and j.singleton_key = c.key and j.id <> c.id and j.state < 'active' and j.group_id is not null`,
      [name, claimed.map(({ id }) => id), claimed.map(({ singletonKey }) => singletonKey)],
    );
    return rowCount;
  }

  /** Which of these kinds have jobs that are due. */
  async due(names: readonly string[]): Promise<readonly string[]> {
    const { rows } = await this.#database.query<{ name: string }>(
      `select n.name from unnest($1::text[]) as n(name)
      where exists (select from ${this.#schema}.job j where j.name = n.name and j.state < 'active' and not j.blocked and j.start_after <= now())`,
      [names],
      { name: "jobs_due" },
    );
    return rows.map(({ name }) => name);
  }

  /**
   * Running jobs that nobody cares for any more: their worker has been silent, or they began before this process did
   * and `alone` holds, a condition for there being no other process.
   */
  async orphans(
    names: readonly string[],
    inHand: readonly string[],
    { since, silenceMs, alone }: { since: string; silenceMs: number; alone: string },
  ): Promise<readonly Orphan[]> {
    const { rows } = await this.#database.query<{ id: string; name: string; retry_count: number; output: unknown }>(
      `select j.id, j.name, j.retry_count, j.output from ${this.#schema}.job j
      where j.name = any($1::text[]) and j.state = 'active' and j.policy = '${POLICY}' and j.id <> all($2::uuid[])
        and (j.heartbeat_on < clock_timestamp() - $3::int * interval '1 millisecond' or (j.started_on < $4::timestamptz and ${alone}))`,
      [names, inHand, silenceMs, since],
      { name: "jobs_orphans" },
    );
    return rows.map(({ id, name, retry_count: retryCount, output }) => ({ id, name, retryCount, output }));
  }

  async bury(
    job: Claim & { readonly ticket: JobTicket; readonly createdOn: string },
    attempts: number,
    error: CrmError,
  ): Promise<void> {
    const { ticket } = job;
    await this.#database.query(BURY, [
      job.id,
      job.name,
      ticket.key,
      ticket.tenantId,
      JSON.stringify(ticket),
      attempts,
      error.code,
      error.message.replaceAll("\0", "\uFFFD"),
      job.createdOn,
    ]);
  }

  async states(): Promise<readonly JobState[]> {
    const { rows } = await this.#database.query<Row & JobState>(
      `select q.name,
        (select count(distinct j.singleton_key) from ${this.#schema}.job j where j.name = q.name and j.state < 'active') as waiting,
        (select count(*) from ${this.#schema}.job j where j.name = q.name and j.state = 'active') as running,
        (select count(*) from job_dead_letters d where d.name = q.name) as "deadLetters"
      from ${this.#schema}.queue q where not starts_with(q.name, '__pgboss') order by q.name`,
    );
    return rows;
  }

  /** Removes what pg-boss's scheduler leaves behind. Its last hour is what keeps it from sending anything twice. */
  async tidy(): Promise<void> {
    await this.#database.query(
      `delete from ${this.#schema}.job where starts_with(name, '__pgboss') and completed_on < now() - interval '1 hour'`,
    );
  }

  async now(): Promise<string> {
    const { rows } = await this.#database.query<{ now: string }>("select clock_timestamp() as now");
    return rows[0]?.now ?? "";
  }
}

const PREPARE_LOCK = "7165910250134482215";

const POLICY = "singleton";

/** Attempts, back-off and the end of a job's patience are ours to decide, so pg-boss is told to have none of its own. */
const QUEUE = {
  policy: POLICY,
  retryLimit: 2_147_483_647,
  retryDelay: 0,
  retryBackoff: false,
  expireInSeconds: 86_400,
  retentionSeconds: 315_360_000,
  deleteAfterSeconds: 604_800,
};

const BURY = `
  insert into job_dead_letters (id, name, key, tenant_id, data, attempts, error_code, error_message, enqueued_at)
  values ($1::uuid, $2, $3, $4, $5::jsonb, $6::int, $7, $8, $9::timestamptz)
  on conflict (id) do nothing`;
