/** A way to look rows up. A row may have several keys in it, or none. */
export interface Index<R> {
  readonly name: string;
  readonly unique: boolean;
  keys(row: R): readonly string[];
}

/** Rows by primary key, with their indexes: a table's committed rows, or what one unit of work changed. */
export class Layer<R extends object> {
  /** Null stands for a deleted row. */
  readonly rows = new Map<string, R | null>();
  readonly #keys = new Map<Index<R>, Map<string, Set<string>>>();
  #indexes: readonly Index<R>[];

  constructor(indexes: readonly Index<R>[]) {
    this.#indexes = indexes;
    for (const index of indexes) this.#keys.set(index, new Map());
  }

  /** Lists what is there in one more index. */
  addIndex(index: Index<R>): void {
    this.#indexes = [...this.#indexes, index];
    this.#keys.set(index, new Map());
    for (const [primary, row] of this.rows) if (row) this.#list(index, primary, row);
  }

  dropIndex(index: Index<R>): void {
    this.#indexes = this.#indexes.filter((other) => other !== index);
    this.#keys.delete(index);
  }

  /** Primary keys of the rows that have this key in the index. */
  find(index: Index<R>, key: string): Iterable<string> {
    return this.#keys.get(index)?.get(key) ?? [];
  }

  set(primary: string, row: R | null): void {
    this.#unlist(primary);
    this.rows.set(primary, row);
    if (!row) return;
    for (const index of this.#indexes) this.#list(index, primary, row);
  }

  /** Forgets the row, as if it had never been set. */
  drop(primary: string): void {
    this.#unlist(primary);
    this.rows.delete(primary);
  }

  #list(index: Index<R>, primary: string, row: R): void {
    const entries = this.#keys.get(index) as Map<string, Set<string>>;
    for (const key of index.keys(row)) {
      const found = entries.get(key);
      if (found) found.add(primary);
      else entries.set(key, new Set([primary]));
    }
  }

  #unlist(primary: string): void {
    const old = this.rows.get(primary);
    if (!old) return;
    for (const index of this.#indexes) {
      const entries = this.#keys.get(index) as Map<string, Set<string>>;
      for (const key of index.keys(old)) {
        const found = entries.get(key);
        found?.delete(primary);
        if (found?.size === 0) entries.delete(key);
      }
    }
  }
}

/** One kind of row. */
export class Table<R extends object> {
  readonly name: string;
  readonly committed: Layer<R>;
  readonly #indexes: Map<string, Index<R>>;

  constructor(name: string, indexes: readonly Index<R>[]) {
    this.name = name;
    this.#indexes = new Map(indexes.map((index) => [index.name, index]));
    this.committed = new Layer(indexes);
  }

  get indexes(): Iterable<Index<R>> {
    return this.#indexes.values();
  }

  index(name: string): Index<R> | undefined {
    return this.#indexes.get(name);
  }

  /** For the committed rows, and for the units of work that begin now: nobody else may be writing. */
  addIndex(index: Index<R>): void {
    this.#indexes.set(index.name, index);
    this.committed.addIndex(index);
  }

  dropIndex(name: string): void {
    const index = this.#indexes.get(name);
    if (!index) return;
    this.#indexes.delete(name);
    this.committed.dropIndex(index);
  }

  newLayer(): Layer<R> {
    return new Layer([...this.#indexes.values()]);
  }
}

/** Joins the parts of a key. NUL can't occur in text that a storage holds. */
export function keyOf(...parts: readonly (string | number)[]): string {
  return parts.join("\0");
}
