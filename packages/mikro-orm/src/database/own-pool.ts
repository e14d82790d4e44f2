import type { Logger } from "@crmessenger/kernel/infrastructure";
import pg from "pg";
import type { Connections, LentConnection } from "./connections.ts";

export interface OwnPoolOptions {
  readonly url: string;
  /** Connections at most. */
  readonly poolSize: number;
  /** Where unqualified tables live. Default: the server's search path. */
  readonly schema?: string;
  readonly logger: Logger;
}

const CONNECT_TIMEOUT_MS = 10_000;

/** A pool of pipelining connections that nobody else uses. */
export class OwnPool implements Connections {
  readonly place: string;
  readonly advice = "Check DATABASE_URL and that the server runs and lets this user in.";
  readonly #pool: pg.Pool;
  readonly #config: pg.ClientConfig;

  constructor({ url, poolSize, schema, logger }: OwnPoolOptions) {
    this.place = placeOf(url);
    this.#config = {
      connectionString: url,
      keepAlive: true,
      application_name: "crmessenger",
      pipeline: true,
    } as pg.ClientConfig;
    this.#pool = new pg.Pool({
      ...this.#config,
      max: poolSize,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      onConnect: (client) => prepareSession(client, schema),
    });
    this.#pool.on("error", (error) => logger.warn("An idle database connection was lost.", { reason: error.message }));
    // A client that is checked out reports a dropped connection here and on the statement in flight; the latter is dealt with.
    this.#pool.on("connect", (client) => client.on("error", () => {}));
  }

  async lend(): Promise<LentConnection> {
    const client = await this.#pool.connect();
    return {
      processId: processIdOf(client),
      query: (statement) => client.query(statement),
      release: (broken) => client.release(broken),
    };
  }

  createListener(): pg.Client {
    return new pg.Client(this.#config);
  }

  close(): Promise<void> {
    return this.#pool.end();
  }
}

/** The driver knows it and its types do not. */
export function processIdOf(client: object): number {
  return (client as { readonly processID: number }).processID;
}

/** Times in UTC and in ISO format, whatever the server's or the role's settings are. */
async function prepareSession(client: pg.ClientBase, schema: string | undefined): Promise<void> {
  const path = schema === undefined ? "" : `; set search_path to ${pg.escapeIdentifier(schema)}, public`;
  await client.query(`set timezone to 'UTC'; set datestyle to 'ISO, MDY'${path}`);
}

/** Host, port and database of a connection URL: what a person needs to find it, without the credentials. */
export function placeOf(url: string): string {
  if (!URL.canParse(url)) return "the configured address";
  const { hostname, port, pathname, searchParams } = new URL(url);
  return `${searchParams.get("host") ?? hostname}:${port || "5432"}${pathname}`;
}
