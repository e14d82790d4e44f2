import { executionContext } from "@crmessenger/kernel";
import {
  type Collection,
  type Criteria,
  type JsonObject,
  type Page,
  type PageRequest,
  type Stored,
  matches,
} from "@crmessenger/kernel/infrastructure";
import { pageOf } from "../records/page-of.ts";
import type { Database } from "../state/database.ts";
import { frozenCopy } from "../state/frozen-copy.ts";
import { keyOf } from "../state/table.ts";
import { type Unit, duplicate, versionConflict } from "../state/unit.ts";
import { View } from "../state/view.ts";
import { ALL_OF_TENANT, type DocumentRow, type DocumentTable } from "./document-table.ts";

/** One collection. */
export class MemoryCollection<T extends object> implements Collection<T> {
  readonly #database: Database;
  readonly #table: DocumentTable;

  constructor(database: Database, table: DocumentTable) {
    this.#database = database;
    this.#table = table;
  }

  async get(key: string, options: { readonly lock?: boolean } = {}): Promise<Stored<T> | undefined> {
    const unit = this.#database.current();
    if (unit && options.lock) await unit.lock();
    const row = this.#row(new View(unit), key);
    return row && stored(row);
  }

  async getMany(keys: readonly string[]): Promise<readonly Stored<T>[]> {
    const view = this.#database.view();
    return [...new Set(keys)].flatMap((key) => {
      const row = this.#row(view, key);
      return row ? [stored<T>(row)] : [];
    });
  }

  async find(criteria: Criteria, page: PageRequest = {}): Promise<Page<Stored<T>>> {
    const { tenantId } = executionContext();
    const rows: DocumentRow[] = [];
    for (const row of this.#database.view().lookup(this.#table, ALL_OF_TENANT, tenantId))
      if (matches(criteria, row.value)) rows.push(row);
    const found = pageOf(rows, page, { id: ({ key }) => key, subject: ({ value }) => value });
    return { ...found, items: found.items.map((row) => stored<T>(row)) };
  }

  insert(key: string, value: T): Promise<Stored<T>> {
    return this.#database.write((unit) => {
      if (this.#row(new View(unit), key)) throw duplicate(this.#table.name, "key");
      return this.#put(unit, key, value);
    });
  }

  put(key: string, value: T, options: { readonly expectedVersion?: number } = {}): Promise<Stored<T>> {
    const { expectedVersion } = options;
    return this.#database.write((unit) => {
      const version = this.#row(new View(unit), key)?.version ?? 0;
      if (expectedVersion !== undefined && expectedVersion !== version) throw versionConflict(this.#table.name, key);
      return this.#put(unit, key, value);
    });
  }

  async putMany(entries: readonly { readonly key: string; readonly value: T }[]): Promise<void> {
    const last = new Map(entries.map(({ key, value }) => [key, value]));
    await this.#database.write((unit) => {
      for (const [key, value] of last) this.#put(unit, key, value);
    });
  }

  delete(key: string): Promise<boolean> {
    return this.#database.write((unit) => {
      const row = this.#row(new View(unit), key);
      if (row) unit.write(this.#table, primaryOf(key), null);
      return row !== undefined;
    });
  }

  #row(view: View, key: string): DocumentRow | undefined {
    return view.get(this.#table, primaryOf(key));
  }

  #put(unit: Unit, key: string, value: T): Stored<T> {
    const version = (this.#row(new View(unit), key)?.version ?? 0) + 1;
    const row = frozenCopy({
      tenantId: executionContext().tenantId,
      key,
      version,
      value: value as unknown as JsonObject,
    });
    unit.write(this.#table, primaryOf(key), row);
    return stored(row);
  }
}

function primaryOf(key: string): string {
  return keyOf(executionContext().tenantId, key);
}

function stored<T extends object>({ key, version, value }: DocumentRow): Stored<T> {
  return { key, version, value: value as unknown as T };
}
