import { CrmError, executionContext } from "@crmessenger/kernel";
import {
  type AttributeIndex,
  type AttributeIndexState,
  type AttributeIndexes,
  type AttributeKind,
  type Attributes,
  type EntityRecord,
  type Json,
  fieldOf,
  requireIndexable,
  requireNoUnitForIndex,
} from "@crmessenger/kernel/infrastructure";
import type { Database } from "../state/database.ts";
import { type Index, type Table, keyOf } from "../state/table.ts";

/** An entity with custom fields. */
type Holder = EntityRecord & { readonly attributes: Attributes };
export type HolderTable = Table<Holder>;

interface Kept extends AttributeIndex {
  readonly tenantId: string;
  readonly failure?: string;
}

const MAX_VALUES = 10;

/** Everything is in memory, so an index only has to keep unique what is to be unique. */
export class MemoryAttributeIndexes implements AttributeIndexes {
  readonly #database: Database;
  readonly #tables: ReadonlyMap<string, HolderTable>;
  readonly #kept = new Map<string, Kept>();

  constructor(database: Database, tables: Readonly<Record<string, HolderTable>>) {
    this.#database = database;
    this.#tables = new Map(Object.entries(tables));
  }

  async ensure(index: AttributeIndex): Promise<void> {
    requireNoUnitForIndex();
    requireIndexable(index);
    const { entity, field, kind, unique = false } = index;
    const table = this.#table(entity);
    const { tenantId } = executionContext();
    const key = keyOf(tenantId, entity, field);
    const kept: Kept = { tenantId, entity, field, kind, ...(unique ? { unique } : {}) };
    // Written as a unit that writes nothing: nobody else's changes are half done meanwhile.
    await this.#database.write(() => {
      table.dropIndex(key);
      const guard = uniqueIndex(key, kept);
      const values = unique ? valuesTwice(table, kept, guard) : [];
      this.#kept.set(key, values.length > 0 ? { ...kept, failure: "Some entities share a value." } : kept);
      if (values.length > 0) throw duplicates(kept, values);
      if (unique) table.addIndex(guard);
    });
  }

  async drop({ entity, field }: Pick<AttributeIndex, "entity" | "field">): Promise<boolean> {
    requireNoUnitForIndex();
    const key = keyOf(executionContext().tenantId, entity, field);
    return this.#database.write(() => {
      this.#table(entity).dropIndex(key);
      return this.#kept.delete(key);
    });
  }

  async states(entity?: string): Promise<readonly AttributeIndexState[]> {
    const { tenantId } = executionContext();
    const asked = (kept: Kept) => kept.tenantId === tenantId && (entity === undefined || kept.entity === entity);
    return [...this.#kept.values()].filter(asked).map(stateOf);
  }

  #table(entity: string): HolderTable {
    const table = this.#tables.get(entity);
    if (table) return table;
    throw new CrmError(
      "CRM_ATTRIBUTE_INDEX_ENTITY",
      `This storage keeps no custom fields of "${entity}". Entities that it does: ${[...this.#tables.keys()].join(", ")}.`,
      { status: 422, details: { entity } },
    );
  }
}

function uniqueIndex(name: string, { tenantId, field, kind }: Kept): Index<Holder> {
  return {
    name,
    unique: true,
    keys(row) {
      const value = row.tenantId === tenantId && row.deletedAt === null ? valueOf(row, field) : null;
      return fits(kind, value) ? [JSON.stringify(value)] : [];
    },
  };
}

function stateOf({ entity, field, kind, unique, failure }: Kept): AttributeIndexState {
  const index = { entity, field, kind, ...(unique === undefined ? {} : { unique }) };
  if (failure !== undefined) return { ...index, status: "failed", progress: 0, failure };
  return { ...index, status: "ready", progress: 1 };
}

function valueOf(row: Holder, field: string): Json {
  return fieldOf(row.attributes, field);
}

function fits(kind: AttributeKind, value: Json): boolean {
  if (kind === "number" || kind === "boolean") return typeof value === kind;
  return typeof value === "string";
}

/** Up to ten values that several entities have. */
function valuesTwice(table: HolderTable, { field }: Kept, index: Index<Holder>): readonly Json[] {
  const seen = new Set<string>();
  const twice = new Map<string, Json>();
  for (const row of table.committed.rows.values()) {
    const [key] = row ? index.keys(row) : [];
    if (key === undefined || !row) continue;
    if (seen.has(key)) twice.set(key, valueOf(row, field));
    seen.add(key);
  }
  return [...twice.values()].slice(0, MAX_VALUES);
}

function duplicates({ entity, field }: Kept, values: readonly Json[]): CrmError {
  return new CrmError(
    "CRM_STORAGE_DUPLICATE",
    `Several of ${entity} have the same "${field}": make the values differ first, such as ${values.join(", ")}.`,
    { status: 409, details: { entity, field, values } },
  );
}
