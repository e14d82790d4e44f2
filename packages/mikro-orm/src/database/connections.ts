import type pg from "pg";

/** A connection that is lent out, ready for our statements. */
export interface LentConnection {
  /** Of the server's process behind it. */
  readonly processId: number;
  /** Statements run in the order of the calls, which need not be awaited one by one. */
  query(statement: pg.QueryConfig): Promise<pg.QueryResult>;
  /** Gives it back; a broken one is closed instead. */
  release(broken: boolean): void;
}

/** Where connections to a PostgreSQL server come from. */
export interface Connections {
  /** Host, port and database, for messages. */
  readonly place: string;
  /** What to look at when there is no connection. */
  readonly advice: string;
  /** Waits for a connection. Rejects with the driver's own error. */
  lend(): Promise<LentConnection>;
  /** A client beside the others, not connected yet: it listens, which takes it for good. */
  createListener(): pg.Client;
  /** Resolves when nothing of ours is on its way any more. */
  close(): Promise<void>;
}
