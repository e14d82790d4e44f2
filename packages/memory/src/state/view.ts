import type { Index, Table } from "./table.ts";
import type { Unit } from "./unit.ts";

/** What can be seen from inside a unit of work, or from outside of any: committed rows under the unit's own changes. */
export class View {
  readonly #unit: Unit | undefined;

  constructor(unit: Unit | undefined) {
    this.#unit = unit;
  }

  get<R extends object>(table: Table<R>, primary: string): R | undefined {
    const own = this.#unit?.layer(table)?.rows.get(primary);
    return (own === undefined ? table.committed.rows.get(primary) : own) ?? undefined;
  }

  /** Rows that have this key in the index. */
  *lookup<R extends object>(table: Table<R>, index: string, key: string): Iterable<R> {
    const known = table.index(index);
    if (!known) throw new TypeError(`${table.name} has no index "${index}".`);
    for (const primary of this.primaries(table, known, key)) yield this.get(table, primary) as R;
  }

  *primaries<R extends object>(table: Table<R>, index: Index<R>, key: string): Iterable<string> {
    const own = this.#unit?.layer(table);
    for (const primary of table.committed.find(index, key)) if (!own?.rows.has(primary)) yield primary;
    if (own) yield* own.find(index, key);
  }
}
