import type { SqlDatabase, StoredEvent, Timestamp, UnitOfWork } from "@crmessenger/kernel/infrastructure";
import type { Summary } from "../summary/summary-table.ts";
import { type FactColumns, createTable, createTimeIndex, quoted } from "./fact-table.ts";

export type BuildStatus = "building" | "live" | "retired";

/** The rows of one version of a projection, built once from the start of the log. */
export interface Build {
  /** Unique: `<projection>.v<version>.b<number>`. */
  readonly id: string;
  readonly projection: string;
  readonly fact: string;
  readonly version: number;
  readonly number: number;
  readonly status: BuildStatus;
  readonly table: string;
  readonly columns: FactColumns;
  readonly summaries: readonly Summary[];
  readonly position: number;
  /** When the last event happened that it has seen. */
  readonly asOf: Timestamp | null;
}

export interface BuildPlan {
  readonly projection: string;
  readonly fact: string;
  readonly version: number;
  readonly columns: FactColumns;
  /** A column of times that reports narrow. */
  readonly timeColumn: string | null;
}

/** Any number that nobody else locks. */
const LOCK = 7_226_841_153_900_217;
/** Reports that still read a table have finished by then. */
export const RETIRED_FOR_MS = 120_000;

const SELECTION = `id, projection, fact, version, number, status, table_name as "table", columns, summaries, position, as_of as "asOf"`;

/** Keeps what has been built, and the tables. */
export class BuildStore {
  readonly #sql: SqlDatabase;
  readonly #unitOfWork: UnitOfWork;

  constructor(sql: SqlDatabase, unitOfWork: UnitOfWork) {
    this.#sql = sql;
    this.#unitOfWork = unitOfWork;
  }

  /** Makes what this plugin keeps in the database; repeating it is fine. */
  async prepare(): Promise<void> {
    await this.#alone(async () => {
      for (const statement of SCHEMA) await this.#sql.query(statement);
    });
  }

  all(): Promise<readonly Build[]> {
    return this.#sql.query<Build & Record<string, unknown>>(
      `select ${SELECTION} from analytics_builds order by projection, number`,
    );
  }

  /** What serves reports on a fact. */
  async live(fact: string): Promise<Build | undefined> {
    const [found] = await this.#sql.query<Build & Record<string, unknown>>(
      `select ${SELECTION} from analytics_builds where fact = $1 and status = 'live' order by number desc limit 1`,
      [fact],
    );
    return found;
  }

  /** Begins a build, unless `isNeeded` finds among the projection's builds that somebody else has. */
  async begin(plan: BuildPlan, isNeeded: (builds: readonly Build[]) => boolean): Promise<void> {
    const { projection, fact, version, columns, timeColumn } = plan;
    await this.#alone(async () => {
      const builds = (await this.all()).filter((build) => build.projection === projection);
      if (!isNeeded(builds)) return;
      const number = Math.max(0, ...builds.map((build) => build.number)) + 1;
      const id = `${projection}.v${version}.b${number}`;
      const table = tableName(fact, version, number);
      await this.#sql.query(createTable(table, columns));
      if (timeColumn !== null) await this.#sql.query(createTimeIndex(table, timeColumn));
      await this.#sql.query(
        `update analytics_builds set status = 'retired', retired_at = now() where projection = $1 and status = 'building'`,
        [projection],
      );
      await this.#sql.query(
        `insert into analytics_builds (id, projection, fact, version, number, status, table_name, columns, position)
         values ($1, $2, $3, $4::int, $5::int, 'building', $6, $7::jsonb, 0)`,
        [id, projection, fact, version, number, table, JSON.stringify(columns)],
      );
    });
  }

  /**
   * Moves the build to an event and answers how it was before; undefined when it is gone. Holds it for the unit of work,
   * whose commit need not wait for the disk: rows and checkpoint would be lost together, and made again from the log.
   */
  async advance(id: string, to: StoredEvent): Promise<Pick<Build, "position" | "status" | "summaries"> | undefined> {
    const [before] = await this.#sql.query<Pick<Build, "position" | "status" | "summaries">>(
      `update analytics_builds b set position = greatest(b.position, $2::bigint), as_of = greatest(b.as_of, $3::timestamptz)
       from (select id, position, status, summaries from analytics_builds where id = $1 for update) old,
         (select set_config('synchronous_commit', 'off', true)) quick
       where b.id = old.id returning old.position, old.status, old.summaries`,
      [id, to.position, to.occurredAt],
    );
    return before;
  }

  /** From now on this build serves, and the one before does not. */
  async promote({ id, projection }: Pick<Build, "id" | "projection">): Promise<void> {
    await this.#alone(async () => {
      await this.#sql.query(
        `update analytics_builds set
           status = case when id = $2 then 'live' else 'retired' end,
           retired_at = case when id = $2 then null else now() end
         where projection = $1 and (status = 'live' or (id = $2 and status = 'building'))
           and exists (select from analytics_builds where id = $2 and status = 'building')`,
        [projection, id],
      );
    });
  }

  /** Drops the tables of builds that have not served for a while. */
  async dropRetired(): Promise<void> {
    const old = await this.#sql.query<{ id: string; table: string; summaries: readonly Summary[] }>(
      `select id, table_name as "table", summaries from analytics_builds
       where status = 'retired' and retired_at < now() - $1 * interval '1 millisecond'`,
      [RETIRED_FOR_MS],
    );
    for (const { id, table, summaries } of old) {
      await this.#alone(async () => {
        for (const name of [table, ...summaries.map((summary) => summary.table)])
          await this.#sql.query(`drop table if exists ${quoted(name)}`);
        await this.#sql.query(`delete from analytics_builds where id = $1`, [id]);
      });
    }
  }

  /** One process at a time changes what tables there are. */
  #alone(work: () => Promise<void>): Promise<void> {
    return this.#unitOfWork.run(async () => {
      await this.#sql.query(`select pg_advisory_xact_lock(${LOCK})`);
      await work();
    });
  }
}

/** PostgreSQL cuts names at 63 bytes. */
function tableName(fact: string, version: number, number: number): string {
  const plain = fact.replaceAll(/[^a-z0-9]+/gi, "_").slice(0, 30);
  return `analytics_${plain}_v${version}_${number}`;
}

const SCHEMA = [
  `create table if not exists analytics_builds (
    id text primary key, projection text not null, fact text not null, version int not null, number int not null,
    status text not null check (status in ('building', 'live', 'retired')), table_name text not null unique,
    columns jsonb not null, position bigint not null, as_of timestamptz(3), retired_at timestamptz)`,
  `alter table analytics_builds add column if not exists summaries jsonb not null default '[]'`,
  `create table if not exists analytics_fields (
    tenant_id text not null, entity text not null, name text not null, label text not null, type jsonb not null,
    permission text, primary key (tenant_id, entity, name))`,
];
