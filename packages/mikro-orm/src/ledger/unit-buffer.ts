import { executionContext, requireUnitOfWork } from "@crmessenger/kernel";
import type { Database } from "../database/database.ts";

/** Rows that wait for the end of the current unit of work, to be written together. */
export class UnitBuffer<T> {
  readonly #database: Database;
  readonly #what: string;
  readonly #write: (rows: readonly T[]) => Promise<unknown>;
  readonly #waiting = new WeakMap<object, T[]>();

  constructor(database: Database, what: string, write: (rows: readonly T[]) => Promise<unknown>) {
    this.#database = database;
    this.#what = what;
    this.#write = write;
  }

  /** Outside a unit of work it is `CRM_UOW_REQUIRED`. */
  add(rows: readonly T[]): void {
    const unit = requireUnitOfWork(this.#what);
    this.#database.beforeCommit(this, () => this.flush());
    const waiting = this.#waiting.get(unit);
    if (waiting) waiting.push(...rows);
    else this.#waiting.set(unit, [...rows]);
  }

  /** Writes what waits now: a unit of work sees its own entries when it reads. */
  async flush(): Promise<void> {
    const unit = executionContext().unitOfWork;
    const rows = unit && this.#waiting.get(unit);
    if (!rows || rows.length === 0) return;
    this.#waiting.delete(unit);
    await this.#write(rows);
  }
}
