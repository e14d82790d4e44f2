import { CrmError } from "@crmessenger/kernel";
import type { UnitOfWorkHandle } from "@crmessenger/kernel/infrastructure";
import type { Layer, Table } from "./table.ts";
import { View } from "./view.ts";
import type { WriterQueue } from "./writer-queue.ts";

type AnyTable = Table<object>;
type AnyLayer = Layer<object>;
type Effect = () => void | Promise<void>;

/**
 * One unit of work: what it changed lies over the committed rows until it commits. It enters the writer queue with
 * its first write or lock, so there are no two writers and no deadlock; readers never wait.
 */
export class Unit {
  readonly handle: UnitOfWorkHandle;
  readonly effects: Effect[] = [];
  readonly #queue: WriterQueue;
  readonly #abort = new AbortController();
  readonly #layers = new Map<AnyTable, AnyLayer>();
  readonly #atCommit: (() => void)[] = [];
  #undo: (() => void)[] | undefined;
  #turn: Promise<void> | undefined;

  constructor(id: string, queue: WriterQueue) {
    this.#queue = queue;
    this.handle = {
      id,
      signal: this.#abort.signal,
      afterCommit: (effect) => {
        this.requireOpen();
        this.effects.push(effect);
      },
    };
  }

  get ended(): boolean {
    return this.#abort.signal.aborted;
  }

  requireOpen(): void {
    if (!this.ended) return;
    throw new CrmError(
      "CRM_UOW_CLOSED",
      "This unit of work has ended: await everything that belongs to it before its work resolves.",
    );
  }

  layer<R extends object>(table: Table<R>): Layer<R> | undefined {
    return this.#layers.get(table as unknown as AnyTable) as Layer<R> | undefined;
  }

  /** Resolves when nobody else may write. */
  async lock(): Promise<void> {
    this.requireOpen();
    this.#turn ??= this.#queue.enter(this);
    await this.#turn;
    this.requireOpen();
  }

  /** Runs one statement: all of its writes, or none when it throws. The unit must hold the lock. */
  statement<T>(work: (unit: Unit) => T): T {
    const undo: (() => void)[] = [];
    this.#undo = undo;
    try {
      return work(this);
    } catch (error) {
      for (const step of undo.toReversed()) step();
      throw error;
    } finally {
      this.#undo = undefined;
    }
  }

  /** Stores or, with null, deletes a row. `CRM_STORAGE_DUPLICATE` when another row has one of its unique keys. */
  write<R extends object>(table: Table<R>, primary: string, row: R | null): void {
    if (row) this.#requireUnique(table, primary, row);
    const layer = this.layer(table) ?? this.#addLayer(table);
    const before = layer.rows.get(primary);
    const had = layer.rows.has(primary);
    this.#undo?.push(() => (had ? layer.set(primary, before ?? null) : layer.drop(primary)));
    layer.set(primary, row);
  }

  /** Runs inside the commit, after the rows are visible. Must not throw. */
  atCommit(run: () => void): void {
    this.#atCommit.push(run);
    this.#undo?.push(() => void this.#atCommit.pop());
  }

  commit(): void {
    this.requireOpen();
    for (const [table, layer] of this.#layers) {
      for (const [primary, row] of layer.rows) {
        if (row) table.committed.set(primary, row);
        else table.committed.drop(primary);
      }
    }
    for (const run of this.#atCommit) run();
    this.end();
  }

  /** Ends the unit, whose changes are lost unless it has committed. */
  end(): void {
    this.#abort.abort();
    this.#queue.leave(this);
  }

  #addLayer<R extends object>(table: Table<R>): Layer<R> {
    const layer = table.newLayer();
    this.#layers.set(table as unknown as AnyTable, layer as unknown as AnyLayer);
    return layer;
  }

  #requireUnique<R extends object>(table: Table<R>, primary: string, row: R): void {
    const view = new View(this);
    for (const index of table.indexes) {
      if (!index.unique) continue;
      for (const key of index.keys(row)) {
        for (const found of view.primaries(table, index, key))
          if (found !== primary) throw duplicate(table.name, index.name);
      }
    }
  }
}

export function duplicate(table: string, constraint: string): CrmError {
  return new CrmError(
    "CRM_STORAGE_DUPLICATE",
    `There is already an entry in ${table} with this ${constraint}: use that one, or another value.`,
    {
      status: 409,
      details: { table, constraint },
    },
  );
}

export function versionConflict(what: string, id: string): CrmError {
  return new CrmError(
    "CRM_STORAGE_VERSION_CONFLICT",
    `Somebody else changed ${what} ${id} meanwhile: read it again and repeat the change.`,
    {
      status: 409,
      details: { what, id },
    },
  );
}
