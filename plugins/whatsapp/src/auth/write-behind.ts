import type { SecretNamespace } from "@crmessenger/kernel/infrastructure";

/** Rows to write; `null` deletes. */
export type Rows = ReadonlyMap<string, Uint8Array | null>;

interface Batch {
  readonly rows: Map<string, Uint8Array | null>;
  readonly committed: Promise<void>;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Writes rows in the order they came, one transaction at a time: what arrives while one is under way goes into the
 * next together. After a failure nothing is written any more, since later rows build on the lost ones.
 */
export class WriteBehind {
  readonly #namespace: SecretNamespace;
  readonly #onFailure: (error: unknown) => void;
  readonly #leftovers = new Map<string, null>();
  #next: Batch | undefined;
  #running: Promise<void> | undefined;
  #failure: unknown;

  constructor(namespace: SecretNamespace, onFailure: (error: unknown) => void) {
    this.#namespace = namespace;
    this.#onFailure = onFailure;
  }

  /** Resolves once the rows are committed, all of them in one transaction. */
  write(rows: Rows): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure as Error);
    this.#next ??= newBatch();
    for (const [key, value] of rows) this.#next.rows.set(key, value);
    const { committed } = this.#next;
    this.#running ??= this.#run();
    return committed;
  }

  /** Deletes a row with the next write that happens anyway, or at the latest on `close`. */
  deleteEventually(key: string): void {
    if (this.#failure === undefined) this.#leftovers.set(key, null);
  }

  /** Writes what was asked for so far, then refuses. Resolves when nothing is under way any more. */
  async close(reason: Error): Promise<void> {
    const unwritten = this.#next !== undefined || this.#leftovers.size > 0;
    // Whoever asked for a write that fails here is told by its own promise; an undeleted row is found at the next start.
    if (unwritten && this.#failure === undefined) await this.write(new Map()).catch(() => undefined);
    await this.abandon(reason);
  }

  /** Refuses from now on, what was asked for and not begun included. Resolves when nothing is under way any more. */
  async abandon(reason: Error): Promise<void> {
    this.#failure ??= reason;
    await this.#running;
  }

  async #run(): Promise<void> {
    // Whatever is asked for in this turn of the event loop goes into one transaction.
    await new Promise((resolve) => setImmediate(resolve));
    for (let batch = this.#take(); batch; batch = this.#take()) {
      try {
        await this.#namespace.setMany(batch.rows);
        batch.resolve();
      } catch (error) {
        this.#fail(error, batch);
      }
    }
    this.#running = undefined;
  }

  #take(): Batch | undefined {
    const batch = this.#next;
    this.#next = undefined;
    if (!batch || this.#failure !== undefined) {
      batch?.reject(this.#failure);
      return undefined;
    }
    for (const [key, value] of this.#leftovers) if (!batch.rows.has(key)) batch.rows.set(key, value);
    this.#leftovers.clear();
    return batch;
  }

  #fail(error: unknown, batch: Batch): void {
    this.#failure ??= error;
    batch.reject(error);
    this.#onFailure(error);
  }
}

function newBatch(): Batch {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // Deletions are asked for without anybody waiting for them; the failure is reported to the owner once.
  promise.catch(() => undefined);
  return { rows: new Map(), committed: promise, resolve, reject };
}
