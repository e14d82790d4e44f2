import { executionContext } from "@crmessenger/kernel";
import type { Secret, SecretNamespace, Secrets } from "@crmessenger/kernel/infrastructure";
import type { Database } from "../state/database.ts";
import { Table, keyOf } from "../state/table.ts";
import type { Unit } from "../state/unit.ts";
import { View } from "../state/view.ts";

interface Row extends Secret {
  readonly tenantId: string;
  readonly namespace: string;
  readonly key: string;
}

/** Secrets, in a table. Nothing is at rest here, so nothing is encrypted. */
export class MemorySecrets implements Secrets {
  readonly #database: Database;
  readonly #rows = new Table<Row>("secrets", [
    { name: "namespace", unique: false, keys: ({ tenantId, namespace }) => [keyOf(tenantId, namespace)] },
  ]);
  /** Versions of all secrets, so that one that was deleted and set again never has a version it had before. */
  #lastVersion = 0;

  constructor(database: Database) {
    this.#database = database;
  }

  namespace(name: string): SecretNamespace {
    const rowOf = (view: View, key: string) => view.get(this.#rows, this.#primary(name, key));
    const all = (view: View) => [...view.lookup(this.#rows, "namespace", keyOf(executionContext().tenantId, name))];
    return {
      get: async (key) => handOut(rowOf(this.#database.view(), key)),
      getMany: async (keys) => {
        const view = this.#database.view();
        return new Map(
          keys.flatMap((key) => {
            const secret = handOut(rowOf(view, key));
            return secret ? [[key, secret] as const] : [];
          }),
        );
      },
      set: (key, value) => this.#database.write((unit) => this.#set(unit, name, [key, value])),
      setMany: (entries) =>
        this.#database.write((unit) => {
          for (const [key, value] of entries) this.#set(unit, name, [key, value]);
        }),
      compareAndSet: (key, expected, value) =>
        this.#database.write((unit) => {
          if ((rowOf(new View(unit), key)?.version ?? 0) !== expected) return false;
          this.#set(unit, name, [key, value]);
          return true;
        }),
      keys: async (prefix = "") =>
        all(this.#database.view())
          .map(({ key }) => key)
          .filter((key) => key.startsWith(prefix)),
      clear: () =>
        this.#database.write((unit) => {
          for (const { key } of all(new View(unit))) this.#set(unit, name, [key, null]);
        }),
    };
  }

  #set(unit: Unit, namespace: string, [key, value]: readonly [string, Uint8Array | null]): void {
    const { tenantId } = executionContext();
    const row = value && { tenantId, namespace, key, value: value.slice(), version: ++this.#lastVersion };
    unit.write(this.#rows, this.#primary(namespace, key), row);
  }

  #primary(namespace: string, key: string): string {
    return keyOf(executionContext().tenantId, namespace, key);
  }
}

function handOut(row: Row | undefined): Secret | undefined {
  return row && { value: row.value.slice(), version: row.version };
}
