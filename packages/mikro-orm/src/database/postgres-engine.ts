import { CrmError } from "@crmessenger/kernel";
import type { Logger } from "@crmessenger/kernel/infrastructure";
import pg from "pg";
import type { QueryResult, Row } from "./database.ts";
import { PostgresListener } from "./postgres-listener.ts";
import type { Engine, Session, Statement } from "./session.ts";
import { isConnectionLoss, translateError } from "./translate-error.ts";
import { toWire, wireParser } from "./wire-values.ts";

export interface PostgresOptions {
  readonly url: string;
  /** Connections at most. */
  readonly poolSize: number;
  /** Where unqualified tables live. Default: the server's search path. */
  readonly schema?: string;
  readonly logger: Logger;
}

const MINIMUM_VERSION = 150_000;
const CONNECT_TIMEOUT_MS = 10_000;

/** PostgreSQL 15 or newer behind a pool of pipelining connections. */
export class PostgresEngine implements Engine {
  readonly kind = "postgresql";
  readonly #pool: pg.Pool;
  readonly #listener: PostgresListener;
  readonly #place: string;
  readonly #schema: string | undefined;

  constructor(options: PostgresOptions) {
    this.#place = placeOf(options.url);
    this.#schema = options.schema;
    const config = clientConfig(options);
    this.#pool = new pg.Pool({
      ...config,
      max: options.poolSize,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      onConnect: (client) => prepareSession(client, options.schema),
    });
    this.#pool.on("error", (error) =>
      options.logger.warn("An idle database connection was lost.", { reason: error.message }),
    );
    // A client that is checked out reports a dropped connection here and on the statement in flight; the latter is dealt with.
    this.#pool.on("connect", (client) => client.on("error", () => {}));
    this.#listener = new PostgresListener(() => new pg.Client(config), options.logger);
  }

  async open(): Promise<void> {
    const session = await this.acquire();
    try {
      const { rows } = await session.query<{ version: string; name: string }>({
        sql: "select current_setting('server_version_num') as version, current_setting('server_version') as name",
        parameters: [],
      });
      const { version = "0", name = "unknown" } = rows[0] ?? {};
      if (Number(version) < MINIMUM_VERSION) throw tooOld(this.#place, name);
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
      return new PostgresSession(await this.#pool.connect(), (processId) => this.#cancel(processId));
    } catch (error) {
      throw unreachable(this.#place, error);
    }
  }

  listen(channel: string, wake: (payload: string) => void): Promise<() => Promise<void>> {
    return this.#listener.listen(channel, wake);
  }

  async close(): Promise<void> {
    await this.#listener.close();
    await this.#pool.end();
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
  readonly #client: pg.PoolClient;
  readonly #cancel: (processId: number) => Promise<void>;
  #broken = false;

  constructor(client: pg.PoolClient, cancel: (processId: number) => Promise<void>) {
    this.#client = client;
    this.#cancel = cancel;
  }

  async query<R extends Row>({ sql, parameters, name }: Statement): Promise<QueryResult<R>> {
    try {
      // Without parameters and name this is one simple query, which saves the server four messages.
      const values = parameters.length === 0 ? undefined : parameters.map(toWire);
      const result = await this.#client.query({
        text: sql,
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
    await this.#cancel((this.#client as unknown as { processID: number }).processID);
  }

  release(broken = false): void {
    this.#client.release(broken || this.#broken);
  }
}

/** Times in UTC and in ISO format, whatever the server's or the role's settings are. */
async function prepareSession(client: pg.ClientBase, schema: string | undefined): Promise<void> {
  const path = schema === undefined ? "" : `; set search_path to ${pg.escapeIdentifier(schema)}, public`;
  await client.query(`set timezone to 'UTC'; set datestyle to 'ISO, MDY'${path}`);
}

function clientConfig({ url }: PostgresOptions): pg.ClientConfig {
  return {
    connectionString: url,
    keepAlive: true,
    application_name: "crmessenger",
    pipeline: true,
    types: { getTypeParser: ((oid: number) => wireParser(oid)) as pg.CustomTypesConfig["getTypeParser"] },
  } as pg.ClientConfig;
}

/** Host, port and database of a connection URL: what a person needs to find it, without the credentials. */
export function placeOf(url: string): string {
  if (!URL.canParse(url)) return "the configured address";
  const { hostname, port, pathname, searchParams } = new URL(url);
  return `${searchParams.get("host") ?? hostname}:${port || "5432"}${pathname}`;
}

function tooOld(place: string, version: string): CrmError {
  return new CrmError(
    "CRM_DATABASE_VERSION",
    `The PostgreSQL server at ${place} is version ${version}. Use version 15 or newer.`,
    { details: { place, version } },
  );
}

function unreachable(place: string, error: unknown): CrmError {
  const translated = translateError(error);
  const reason = reasonOf(error);
  return new CrmError(
    "CRM_DATABASE_UNREACHABLE",
    `No connection to PostgreSQL at ${place}: ${reason}. Check DATABASE_URL and that the server runs and lets this user in.`,
    {
      status: 503,
      retryable: true,
      details: { place, ...translated.details, connection: "none" },
      cause: translated.cause,
    },
  );
}

/** A refused connection to a name with several addresses is an AggregateError without a message. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
