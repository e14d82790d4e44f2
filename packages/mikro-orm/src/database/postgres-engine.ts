import { CrmError } from "@crmessenger/kernel";
import type { Logger } from "@crmessenger/kernel/infrastructure";
import pg from "pg";
import type { Connections, LentConnection } from "./connections.ts";
import type { QueryResult, Row } from "./database.ts";
import { PostgresListener } from "./postgres-listener.ts";
import type { Engine, Session, Statement } from "./session.ts";
import { isConnectionLoss, translateError } from "./translate-error.ts";
import { toWire, wireParser } from "./wire-values.ts";

export interface PostgresOptions {
  readonly connections: Connections;
  /** Where unqualified tables live. Default: the server's search path. */
  readonly schema?: string;
  readonly logger: Logger;
}

const MINIMUM_VERSION = 150_000;
const TYPES = { getTypeParser: (oid: number) => wireParser(oid) } as pg.CustomTypesConfig;

/** PostgreSQL 15 or newer behind a pool of connections. */
export class PostgresEngine implements Engine {
  readonly kind = "postgresql";
  readonly #connections: Connections;
  readonly #listener: PostgresListener;
  readonly #schema: string | undefined;

  constructor({ connections, schema, logger }: PostgresOptions) {
    this.#connections = connections;
    this.#schema = schema;
    this.#listener = new PostgresListener(() => connections.createListener(), logger);
  }

  async open(): Promise<void> {
    const session = await this.acquire();
    try {
      const { rows } = await session.query<{ version: string; name: string }>({
        sql: "select current_setting('server_version_num') as version, current_setting('server_version') as name",
        parameters: [],
      });
      const { version = "0", name = "unknown" } = rows[0] ?? {};
      if (Number(version) < MINIMUM_VERSION) throw tooOld(this.#connections.place, name);
      if (this.#schema !== undefined)
        await session.query({
          sql: `create schema if not exists ${pg.escapeIdentifier(this.#schema)}`,
          parameters: [],
        });
    } finally {
      session.release();
    }
  }

  async acquire(): Promise<Session> {
    try {
      return new PostgresSession(await this.#connections.lend(), (processId) => this.#cancel(processId));
    } catch (error) {
      throw unreachable(this.#connections, error);
    }
  }

  listen(channel: string, wake: (payload: string) => void): Promise<() => Promise<void>> {
    return this.#listener.listen(channel, wake);
  }

  async close(): Promise<void> {
    await this.#listener.close();
    await this.#connections.close();
  }

  async #cancel(processId: number): Promise<void> {
    const session = await this.acquire();
    try {
      await session.query({ sql: "select pg_cancel_backend($1::int)", parameters: [processId] });
    } finally {
      session.release();
    }
  }
}

class PostgresSession implements Session {
  readonly #connection: LentConnection;
  readonly #cancel: (processId: number) => Promise<void>;
  #broken = false;

  constructor(connection: LentConnection, cancel: (processId: number) => Promise<void>) {
    this.#connection = connection;
    this.#cancel = cancel;
  }

  async query<R extends Row>({ sql, parameters, name }: Statement): Promise<QueryResult<R>> {
    try {
      // Without parameters and name this is one simple query, which saves the server four messages.
      const values = parameters.length === 0 ? undefined : parameters.map(toWire);
      const result = await this.#connection.query({
        text: sql,
        types: TYPES,
        ...(values ? { values } : {}),
        ...(name === undefined ? {} : { name }),
      } as pg.QueryConfig);
      return { rows: result.rows as R[], rowCount: result.rowCount ?? 0, command: result.command };
    } catch (error) {
      const translated = translateError(error);
      // A statement that the server no longer knows by its name would fail for ever on this connection.
      if (isConnectionLoss(translated) || translated.details["sqlState"] === "26000") this.#broken = true;
      throw translated;
    }
  }

  async interrupt(): Promise<void> {
    await this.#cancel(this.#connection.processId);
  }

  release(broken = false): void {
    this.#connection.release(broken || this.#broken);
  }
}

function tooOld(place: string, version: string): CrmError {
  return new CrmError(
    "CRM_DATABASE_VERSION",
    `The PostgreSQL server at ${place} is version ${version}. Use version 15 or newer.`,
    { details: { place, version } },
  );
}

function unreachable({ place, advice }: Connections, error: unknown): CrmError {
  const translated = translateError(error);
  const reason = reasonOf(error);
  return new CrmError("CRM_DATABASE_UNREACHABLE", `No connection to PostgreSQL at ${place}: ${reason}. ${advice}`, {
    status: 503,
    retryable: true,
    details: { place, ...translated.details, connection: "none" },
    cause: translated.cause,
  });
}

/** A refused connection to a name with several addresses is an AggregateError without a message. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
