import { executionContext } from "@crmessenger/kernel";
import type { Json, Settings } from "@crmessenger/kernel/infrastructure";
import type { Database } from "../state/database.ts";
import { frozenCopy } from "../state/frozen-copy.ts";
import { Table, keyOf } from "../state/table.ts";

/** Settings, in a table. */
export class MemorySettings implements Settings {
  readonly #database: Database;
  readonly #rows = new Table<{ readonly value: Json }>("settings", []);

  constructor(database: Database) {
    this.#database = database;
  }

  async get(key: string): Promise<Json | undefined> {
    return this.#database.view().get(this.#rows, primaryOf(key))?.value;
  }

  async set(key: string, value: Json): Promise<void> {
    await this.#database.write((unit) => unit.write(this.#rows, primaryOf(key), frozenCopy({ value })));
  }

  async delete(key: string): Promise<void> {
    await this.#database.write((unit) => unit.write(this.#rows, primaryOf(key), null));
  }
}

function primaryOf(key: string): string {
  return keyOf(executionContext().tenantId, key);
}
