import type { Collection, CollectionDefinition, Collections } from "@crmessenger/kernel/infrastructure";
import type { Database } from "../state/database.ts";
import { type DocumentTable, createDocumentTable } from "./document-table.ts";
import { MemoryCollection } from "./memory-collection.ts";

/** Collections, a table each. */
export class MemoryCollections implements Collections {
  readonly #database: Database;
  readonly #tables = new Map<string, DocumentTable>();

  constructor(database: Database) {
    this.#database = database;
  }

  open<T extends object>(definition: CollectionDefinition<T>): Collection<T> {
    const table =
      this.#tables.get(definition.name) ?? createDocumentTable(definition as unknown as CollectionDefinition);
    this.#tables.set(definition.name, table);
    return new MemoryCollection<T>(this.#database, table);
  }
}
