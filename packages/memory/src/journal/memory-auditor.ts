import { executionContext } from "@crmessenger/kernel";
import { type AuditEntry, type AuditRecord, type Auditor, compareText } from "@crmessenger/kernel/infrastructure";
import type { Database } from "../state/database.ts";
import { frozenCopy } from "../state/frozen-copy.ts";
import { Table, keyOf } from "../state/table.ts";
import type { Unit } from "../state/unit.ts";

const DEFAULT_LIMIT = 100;

/** The audit, in a table. */
export class MemoryAuditor implements Auditor {
  readonly #database: Database;
  readonly #rows = new Table<AuditRecord>("audit entries", [
    { name: "target", unique: false, keys: ({ tenantId, target }) => [keyOf(tenantId, target.type, target.id)] },
  ]);

  constructor(database: Database) {
    this.#database = database;
  }

  async track(entries: readonly AuditEntry[]): Promise<void> {
    this.#database.required("An audit entry");
    await this.#database.write((unit) => this.add(unit, entries));
  }

  /** Adds entries in a unit that holds the lock. */
  add(unit: Unit, entries: readonly AuditEntry[]): void {
    const { tenantId, actor, correlationId } = executionContext();
    for (const entry of entries) {
      const id = this.#database.ids.next();
      unit.write(
        this.#rows,
        id,
        frozenCopy({ ...entry, id, tenantId, actor, correlationId, at: this.#database.now() }),
      );
    }
  }

  async history(target: AuditEntry["target"], limit: number = DEFAULT_LIMIT): Promise<readonly AuditRecord[]> {
    const key = keyOf(executionContext().tenantId, target.type, target.id);
    const rows = [...this.#database.view().lookup(this.#rows, "target", key)];
    return rows.toSorted((left, right) => compareText(right.id, left.id)).slice(0, limit);
  }
}
