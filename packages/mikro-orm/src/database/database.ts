import type { SqlEntityManager } from "@mikro-orm/sql";
import type { Kysely } from "kysely";

export type Row = Readonly<Record<string, unknown>>;

export interface QueryResult<R> {
  readonly rows: readonly R[];
  /** Rows that a writing statement touched. */
  readonly rowCount: number;
  /** What the server says it did: `SELECT`, `INSERT`, … */
  readonly command: string;
}

/** A connection that its holder has alone. */
export interface ReservedConnection {
  query<R extends Row = Row>(sql: string, parameters?: readonly unknown[]): Promise<QueryResult<R>>;
  /** Gives it back for others to use; a lost connection is noticed and replaced. */
  release(): void;
  /** Closes it: nobody shall inherit what was set on it. */
  discard(): void;
}

/**
 * The one door to the database inside this package. Everything goes through the unit of work of the execution
 * context where there is one: its transaction begins with the first statement.
 */
export interface Database {
  readonly engine: "pglite" | "postgresql";
  /**
   * Runs one statement with `$1` parameters: in the current unit of work's transaction, otherwise on its own. A
   * `name` lets PostgreSQL keep the parsed statement for the connection. Database errors come out translated
   * (`CRM_STORAGE_DUPLICATE`, `CRM_UOW_CONFLICT`, `CRM_STORAGE_UNAVAILABLE`, …).
   */
  query<R extends Row = Row>(
    sql: string,
    parameters?: readonly unknown[],
    options?: { readonly name?: string },
  ): Promise<QueryResult<R>>;
  /** A connection for whoever needs one for long, apart from every unit of work. On the embedded database it keeps everybody else waiting. */
  reserve(): Promise<ReservedConnection>;
  /** Kysely on the connection that `query` would use now. */
  kysely(): Promise<Kysely<Record<string, Record<string, unknown>>>>;
  /** The entity manager of the current unit of work, its transaction begun; `CRM_UOW_REQUIRED` outside one. */
  entityManager(): Promise<SqlEntityManager>;
  /** Registers work for just before the commit of the current unit of work (buffered audit, events): one statement for many callers. */
  beforeCommit(key: object, flush: () => Promise<void>): void;
  /** Registers work for after the commit. */
  afterCommit(effect: () => void | Promise<void>): void;
  /** Calls `wake` on each NOTIFY of the channel, from this process or another. */
  listen(channel: string, wake: (payload: string) => void): Promise<() => Promise<void>>;
}
