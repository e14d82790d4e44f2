import type { QueryResult, Row } from "./database.ts";

/** One statement with its parameters as the wire wants them. */
export interface Statement {
  readonly sql: string;
  readonly parameters: readonly unknown[];
  /** Under which the server keeps the parsed statement, for this connection. */
  readonly name?: string;
}

/** A connection that somebody holds. Statements run in the order in which they are sent, and need not be awaited one by one. */
export interface Session {
  /** Rejects with a translated error; see `translateError`. */
  query<R extends Row = Row>(statement: Statement): Promise<QueryResult<R>>;
  /** Asks the server to stop the running statement, where the engine can do that. */
  interrupt(): Promise<void>;
  /** Gives the connection back; a broken one is closed instead. */
  release(broken?: boolean): void;
}

/** What is behind the door: a pool of connections to a server, or the one connection of the embedded database. */
export interface Engine {
  readonly kind: "pglite" | "postgresql";
  /** Connects and checks that this database can be used. */
  open(): Promise<void>;
  /** Waits for a connection. */
  acquire(): Promise<Session>;
  /** Calls `wake` on each NOTIFY of the channel; after a lost connection once more, since some may have been missed. */
  listen(channel: string, wake: (payload: string) => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}
