import type { PGlite, protocol as Protocol } from "@electric-sql/pglite";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { CrmError } from "@crmessenger/kernel";
import type { QueryResult, Row } from "./database.ts";
import { type DirectoryLock, lockDirectory } from "./directory-lock.ts";
import { Mutex } from "./mutex.ts";
import { PgliteWire } from "./pglite-wire.ts";
import type { Engine, Session, Statement } from "./session.ts";

export interface PgliteOptions {
  /** Where the data live; in memory when absent. */
  readonly directory?: string;
  /** Where unqualified tables live. Default `public`. */
  readonly schema?: string;
}

/** Of 1 MB instead of 16: a new database is made sooner and takes less room. */
const SMALL_LOG_FILES = ["--wal-segsize=1"];

/** A quarter of the default; what does not fit is in the system's cache of files, one copy away. */
const SMALL_CACHE = ["-c", "shared_buffers=32MB"];

interface Running {
  readonly pglite: PGlite;
  readonly wire: PgliteWire;
  readonly lock: DirectoryLock | undefined;
}

/**
 * PostgreSQL inside this process. It is a single connection, so callers take turns. What it acknowledged survives the
 * death of the process by any signal; it can't flush the system's own caches, so it may not survive that of the machine.
 */
export class PgliteEngine implements Engine {
  readonly kind = "pglite";
  readonly #options: PgliteOptions;
  readonly #turns = new Mutex();
  #running: Running | undefined;

  constructor(options: PgliteOptions) {
    this.#options = options;
  }

  async open(): Promise<void> {
    const { directory, schema } = this.#options;
    if (directory !== undefined) await mkdir(directory, { recursive: true });
    const lock = directory === undefined ? undefined : await lockDirectory(directory);
    try {
      const { PGlite, protocol } = await import("@electric-sql/pglite");
      const pglite = await PGlite.create({
        dataDir: directory === undefined ? "memory://" : join(directory, "pgdata"),
        initDbStartParams: SMALL_LOG_FILES,
        startParams: [...PGlite.defaultStartParams, ...SMALL_CACHE],
      });
      this.#running = { pglite, wire: new PgliteWire(pglite, protocol as typeof Protocol), lock };
      await this.#prepare(schema);
    } catch (error) {
      await lock?.release();
      throw error;
    }
  }

  async acquire(): Promise<Session> {
    const release = await this.#turns.acquire();
    const running = this.#running;
    if (!running) {
      release();
      throw new CrmError(
        "CRM_STORAGE_UNAVAILABLE",
        "The embedded database is not open. Start the kernel first, and don't use it after its stop.",
        { status: 503, retryable: true },
      );
    }
    return new PgliteSession(running.wire, release);
  }

  async listen(channel: string, wake: (payload: string) => void): Promise<() => Promise<void>> {
    const identifier = `"${channel.replaceAll('"', '""')}"`;
    await this.#alone(`listen ${identifier}`);
    const { pglite } = this.#running as Running;
    return Promise.resolve(pglite.onNotification((name, payload) => name === channel && wake(payload))).then(
      (stop) => () => Promise.resolve(stop()),
    );
  }

  async close(): Promise<void> {
    const release = await this.#turns.acquire();
    const running = this.#running;
    this.#running = undefined;
    release();
    await running?.pglite.close();
    await running?.lock?.release();
  }

  async #prepare(schema: string | undefined): Promise<void> {
    await this.#alone("set timezone to 'UTC'");
    if (schema === undefined) return;
    await this.#alone(`create schema if not exists "${schema}"`);
    await this.#alone(`set search_path to "${schema}", public`);
  }

  async #alone(sql: string): Promise<void> {
    const session = await this.acquire();
    try {
      await session.query({ sql, parameters: [] });
    } finally {
      session.release();
    }
  }
}

class PgliteSession implements Session {
  readonly #wire: PgliteWire;
  readonly #release: () => void;

  constructor(wire: PgliteWire, release: () => void) {
    this.#wire = wire;
    this.#release = release;
  }

  query<R extends Row>(statement: Statement): Promise<QueryResult<R>> {
    return this.#wire.query<R>(statement);
  }

  /** A statement runs to its end before JavaScript gets the turn again: there is nothing to interrupt. */
  async interrupt(): Promise<void> {}

  release(): void {
    this.#release();
  }
}
