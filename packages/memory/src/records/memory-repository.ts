import { executionContext } from "@crmessenger/kernel";
import {
  type Criteria,
  type CriteriaSubject,
  type EntityRecord,
  type GetOptions,
  type NewRecord,
  type Page,
  type PageRequest,
  type Repository,
  matches,
} from "@crmessenger/kernel/infrastructure";
import type { Database } from "../state/database.ts";
import { frozenCopy } from "../state/frozen-copy.ts";
import type { Table } from "../state/table.ts";
import { type Unit, duplicate, versionConflict } from "../state/unit.ts";
import { View } from "../state/view.ts";
import { candidates } from "./entity-table.ts";
import { pageOf } from "./page-of.ts";

/** Entities of one kind, in a table. */
export class MemoryRepository<R extends EntityRecord> implements Repository<R> {
  readonly #database: Database;
  readonly #table: Table<R>;

  constructor(database: Database, table: Table<R>) {
    this.#database = database;
    this.#table = table;
  }

  async get(id: string, options: GetOptions = {}): Promise<R | undefined> {
    const unit = this.#database.current();
    if (unit && options.lock) await unit.lock();
    return ownRow(new View(unit), this.#table, id);
  }

  async getMany(ids: readonly string[]): Promise<readonly R[]> {
    const view = this.#database.view();
    return [...new Set(ids)].flatMap((id) => {
      const row = ownRow(view, this.#table, id);
      return row && row.deletedAt === null ? [row] : [];
    });
  }

  async find(criteria: Criteria, page: PageRequest = {}): Promise<Page<R>> {
    return pageOf(this.#matching(criteria), page, {
      id: (row) => row.id,
      subject: (row) => row as unknown as CriteriaSubject,
    });
  }

  async count(criteria: Criteria): Promise<number> {
    return this.#matching(criteria).length;
  }

  insert(record: NewRecord<R>): Promise<R> {
    return this.#database.write((unit) => insertRow(this.#database, unit, this.#table, record));
  }

  update(record: R): Promise<R> {
    return this.#database.write((unit) => updateRow(this.#database, unit, this.#table, record));
  }

  async remove(record: R): Promise<void> {
    await this.#database.write((unit) => {
      const stored = this.#current(unit, record);
      const now = this.#database.now();
      unit.write(
        this.#table,
        stored.id,
        frozenCopy({ ...stored, version: stored.version + 1, updatedAt: now, deletedAt: now }),
      );
    });
  }

  #current(unit: Unit, record: R): R {
    return currentRow(unit, this.#table, record);
  }

  #matching(criteria: Criteria): R[] {
    const { tenantId } = executionContext();
    const rows: R[] = [];
    for (const row of candidates(this.#database.view(), this.#table, tenantId, criteria)) {
      if (row.deletedAt === null && matches(criteria, row as unknown as CriteriaSubject)) rows.push(row);
    }
    return rows;
  }
}

/** The row if it belongs to the tenant. */
export function ownRow<R extends EntityRecord>(view: View, table: Table<R>, id: string): R | undefined {
  const row = view.get(table, id);
  return row?.tenantId === executionContext().tenantId ? row : undefined;
}

export function insertRow<R extends EntityRecord>(
  database: Database,
  unit: Unit,
  table: Table<R>,
  record: NewRecord<R>,
): R {
  if (new View(unit).get(table, record.id)) throw duplicate(table.name, "id");
  const now = database.now();
  const { tenantId } = executionContext();
  const row = frozenCopy({
    ...record,
    tenantId,
    version: 1,
    createdAt: now,
    updatedAt: now,
    deletedAt: null,
  } as unknown as R);
  unit.write(table, row.id, row);
  return row;
}

/** Stores the record as the next version of what is there. */
export function updateRow<R extends EntityRecord>(database: Database, unit: Unit, table: Table<R>, record: R): R {
  const { tenantId, createdAt, deletedAt, version } = currentRow(unit, table, record);
  const row = frozenCopy({
    ...record,
    tenantId,
    createdAt,
    deletedAt,
    version: version + 1,
    updatedAt: database.now(),
  });
  unit.write(table, row.id, row);
  return row;
}

function currentRow<R extends EntityRecord>(unit: Unit, table: Table<R>, record: R): R {
  const stored = ownRow(new View(unit), table, record.id);
  if (!stored || stored.version !== record.version) throw versionConflict(table.name, record.id);
  return stored;
}
