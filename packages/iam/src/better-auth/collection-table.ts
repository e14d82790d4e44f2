import { type Collection, type CriteriaSubject, type Stored, matches } from "@crmessenger/kernel/infrastructure";
import type { CleanedWhere } from "@better-auth/core/db/adapter";
import { digestOf } from "../authentication/tokens.ts";
import { everyPage } from "../record/every-page.ts";
import type { Row, Table } from "./table.ts";
import { toCriteria } from "./to-criteria.ts";

/** The field that rows are kept under; a secret one is kept as its digest alone, so the storage never holds it. */
export interface TableKey {
  readonly field: string;
  readonly secret: boolean;
}

/** A table of better-auth's in a collection of ours. Part of the current unit of work, as every collection is. */
export class CollectionTable<T extends object> implements Table {
  readonly #collection: Collection<T>;
  readonly #key: TableKey;

  constructor(collection: Collection<T>, key: TableKey) {
    this.#collection = collection;
    this.#key = key;
  }

  async insert(row: Row): Promise<Row> {
    await this.#collection.insert(this.#keyOf(row[this.#key.field]), this.#valueOf(row));
    return row;
  }

  async select(clauses: readonly CleanedWhere[]): Promise<readonly Row[]> {
    const wanted = this.#wantedKey(clauses);
    const known = wanted ? { [this.#key.field]: wanted.value } : {};
    return (await this.#find(clauses)).map(({ value }) => ({ ...value, ...known }));
  }

  async update(clauses: readonly CleanedWhere[], changes: Row): Promise<readonly Row[]> {
    const rows: Row[] = [];
    for (const { key, value } of await this.#find(clauses)) {
      const row = { ...value, ...changes };
      await this.#collection.put(key, this.#valueOf(row));
      rows.push(row);
    }
    return rows;
  }

  async delete(clauses: readonly CleanedWhere[]): Promise<number> {
    const found = await this.#find(clauses);
    for (const { key } of found) await this.#collection.delete(key);
    return found.length;
  }

  async #find(clauses: readonly CleanedWhere[]): Promise<readonly Stored<T>[]> {
    const wanted = this.#wantedKey(clauses);
    const others = clauses.filter((clause) => clause !== wanted);
    if (this.#key.secret && others.some(({ field }) => field === this.#key.field)) {
      throw new TypeError(`"${this.#key.field}" is kept as a digest: rows can be looked up by it, not searched.`);
    }
    const criteria = toCriteria(others);
    if (!wanted) return everyPage((page) => this.#collection.find(criteria, page));
    const found = await this.#collection.get(this.#keyOf(wanted.value));
    return found && matches(criteria, found.value as CriteriaSubject) ? [found] : [];
  }

  /** The clause that names one row by its key. */
  #wantedKey(clauses: readonly CleanedWhere[]): CleanedWhere | undefined {
    return clauses.find(
      ({ field, operator, connector }) => field === this.#key.field && operator === "eq" && connector === "AND",
    );
  }

  #valueOf(row: Row): T {
    if (!this.#key.secret) return row as T;
    const { [this.#key.field]: _, ...rest } = row;
    return rest as T;
  }

  #keyOf(value: unknown): string {
    if (typeof value !== "string")
      throw new TypeError(`"${this.#key.field}" of a row must be a string, not ${typeof value}.`);
    return this.#key.secret ? digestOf(value) : value;
  }
}
