import pg from "pg";
import type { Connections, LentConnection } from "./connections.ts";
import { placeOf, processIdOf } from "./own-pool.ts";

/** What a connection of a `pg.Pool` must be able to do. */
export interface SharedPoolClient {
  query(statement: { readonly text: string; readonly values?: unknown[] }): Promise<{ readonly rows: unknown[] }>;
  on(event: "error", listener: (error: Error) => void): unknown;
  release(destroy?: boolean): void;
}

/** A `pg.Pool` (pg 8) of the application: any object that lends connections the same way. */
export interface SharedPool {
  /** What its clients are made with. */
  readonly options: object;
  connect(): Promise<SharedPoolClient>;
}

/** What statements of ours rely on, as the server names it. */
interface Settings {
  readonly timezone: string;
  readonly datestyle: string;
  readonly search_path: string;
}

const READ = `select current_setting('TimeZone') as timezone, current_setting('DateStyle') as datestyle,
                     current_setting('search_path') as search_path`;
const WRITE =
  "select set_config('TimeZone', $1, false), set_config('DateStyle', $2, false), set_config('search_path', $3, false)";

/**
 * The application's own pool. A connection is lent with our settings and given back with those that the application
 * had made when we first saw it; where they are equal, neither costs a round trip. The pool is never ended here.
 */
export class SharedPoolConnections implements Connections {
  readonly place: string;
  readonly advice = "Check that the pool in mikroOrm({ pool }) has not been ended, and that its server runs.";
  readonly #pool: SharedPool;
  readonly #schema: string | undefined;
  /** Of the application, by connection. */
  readonly #settings = new WeakMap<SharedPoolClient, Settings>();
  readonly #returning = new Set<Promise<void>>();

  constructor(pool: SharedPool, schema: string | undefined) {
    this.#pool = pool;
    this.#schema = schema;
    this.place = placeOfPool(pool.options);
  }

  async lend(): Promise<LentConnection> {
    const client = await this.#pool.connect();
    try {
      const theirs = this.#settings.get(client) ?? (await this.#meet(client));
      const ours = this.#adapt(theirs);
      const differ = Object.entries(ours).some(([name, value]) => theirs[name as keyof Settings] !== value);
      if (differ) await write(client, ours);
      const release = (broken: boolean) => {
        if (broken || !differ) client.release(broken);
        else this.#giveBack(client, theirs);
      };
      return { processId: processIdOf(client), query: inTurn(client), release };
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  createListener(): pg.Client {
    return new pg.Client(this.#pool.options as pg.ClientConfig);
  }

  async close(): Promise<void> {
    await Promise.all(this.#returning);
  }

  async #meet(client: SharedPoolClient): Promise<Settings> {
    client.on("error", () => {}); // a dropped connection is reported on the statement in flight too
    const { rows } = await client.query({ text: READ });
    const settings = rows[0] as Settings;
    this.#settings.set(client, settings);
    return settings;
  }

  #adapt({ timezone, datestyle, search_path }: Settings): Settings {
    return {
      timezone: timezone === "Etc/UTC" ? timezone : "UTC",
      datestyle: datestyle.startsWith("ISO") ? datestyle : "ISO, MDY",
      search_path: this.#schema === undefined ? search_path : `${pg.escapeIdentifier(this.#schema)}, public`,
    };
  }

  #giveBack(client: SharedPoolClient, settings: Settings): void {
    const returning = write(client, settings).then(
      () => client.release(),
      () => client.release(true), // nobody shall find our settings on it
    );
    this.#returning.add(returning);
    void returning.finally(() => this.#returning.delete(returning));
  }
}

/** One statement after the other: clients without pipelining of their own want the last one awaited. */
function inTurn(client: SharedPoolClient): LentConnection["query"] {
  let last: Promise<unknown> = Promise.resolve();
  return (statement) => {
    const query = () => client.query(statement) as Promise<pg.QueryResult>;
    const result = last.then(query, query);
    last = result;
    return result;
  };
}

async function write(client: SharedPoolClient, { timezone, datestyle, search_path }: Settings): Promise<void> {
  await client.query({ text: WRITE, values: [timezone, datestyle, search_path] });
}

function placeOfPool(options: object): string {
  const { connectionString, host, port, database } = options as pg.ClientConfig;
  if (connectionString !== undefined) return placeOf(connectionString);
  return host === undefined ? "the pool's address" : `${host}:${port ?? 5432}/${database ?? ""}`;
}
