import { CrmError, executionContext, toCrmError } from "@crmessenger/kernel";
import {
  type AttributeIndex,
  type AttributeIndexState,
  type AttributeIndexes,
  requireIndexable,
  requireNoUnitForIndex,
} from "@crmessenger/kernel/infrastructure";
import { allRecords } from "../entities/all-records.ts";
import type { RecordDefinition } from "../entities/define-record.ts";
import { type BuilderServices, IndexBuilder } from "./index-builder.ts";
import { type IndexDefinition, definitionsOf } from "./index-definitions.ts";
import { type PhysicalIndex, physicalIndexes } from "./physical-indexes.ts";

type Row = Required<Pick<AttributeIndex, "entity" | "field" | "kind" | "unique">> & { readonly failure: string | null };

const COLUMNS = `entity, field, kind, is_unique as "unique", failure`;

/** Entities with custom fields, by type: `lead` for the records that are called Lead. */
const TABLES: ReadonlyMap<string, RecordDefinition> = new Map(
  allRecords
    .filter(({ columns }) => columns.get("attributes")?.holdsFields)
    .map((table) => [table.name.charAt(0).toLowerCase() + table.name.slice(1), table]),
);

/** Indexes over `attributes`, made by expression. What was asked for is in a table, what there is in the catalogue. */
export function createAttributeIndexes(services: BuilderServices): AttributeIndexes {
  const { database } = services;
  const builder = new IndexBuilder(services);
  return {
    async ensure(index) {
      requireNoUnitForIndex();
      requireIndexable(index);
      const table = tableOf(index.entity);
      const { tenantId } = executionContext();
      const before = await ask(services, tenantId, index);
      const wanted = definitionsOf(table, tenantId, index);
      try {
        await builder.make({ table, tenantId, index }, wanted);
      } catch (error) {
        await noteFailure(services, tenantId, index, toCrmError(error).message);
        throw error;
      }
      const kept = new Set(wanted.map(({ name }) => name));
      const earlier = before ? definitionsOf(table, tenantId, before) : [];
      await dropUnused(
        services,
        builder,
        before,
        earlier.filter(({ name }) => !kept.has(name)),
      );
    },
    async drop({ entity, field }) {
      requireNoUnitForIndex();
      const table = tableOf(entity);
      const { tenantId } = executionContext();
      const { rows } = await database.query<Row>(
        `delete from attribute_indexes where tenant_id = $1 and entity = $2 and field = $3 returning ${COLUMNS}`,
        [tenantId, entity, field],
      );
      const [row] = rows;
      if (row) await dropUnused(services, builder, row, definitionsOf(table, tenantId, row));
      return row !== undefined;
    },
    async states(entity) {
      const { tenantId } = executionContext();
      const { rows } = await database.query<Row>(
        `select ${COLUMNS} from attribute_indexes where tenant_id = $1 and entity = coalesce($2, entity) order by entity, field`,
        [tenantId, entity ?? null],
      );
      const definitions = (row: Row) => definitionsOf(tableOf(row.entity), tenantId, row);
      const names = rows.flatMap(definitions).map(({ name }) => name);
      const physical = await physicalIndexes(database, names);
      return rows.map((row) => {
        const wanted = definitions(row).filter(({ name, extension }) => extension === undefined || physical.has(name));
        return stateOf(
          row,
          wanted.map(({ name }) => physical.get(name)),
        );
      });
    },
  };
}

/** Notes what is asked for, and answers what was before. */
async function ask({ database }: BuilderServices, tenantId: string, index: AttributeIndex): Promise<Row | undefined> {
  const { entity, field, kind, unique = false } = index;
  const { rows } = await database.query<Row>(
    `select ${COLUMNS} from attribute_indexes where tenant_id = $1 and entity = $2 and field = $3`,
    [tenantId, entity, field],
  );
  await database.query(
    `insert into attribute_indexes (tenant_id, entity, field, kind, is_unique) values ($1, $2, $3, $4, $5)
    on conflict (tenant_id, entity, field) do update set kind = excluded.kind, is_unique = excluded.is_unique, failure = null`,
    [tenantId, entity, field, kind, unique],
  );
  return rows[0];
}

async function noteFailure(
  { database }: BuilderServices,
  tenantId: string,
  { entity, field }: AttributeIndex,
  failure: string,
): Promise<void> {
  await database.query(
    "update attribute_indexes set failure = $4 where tenant_id = $1 and entity = $2 and field = $3",
    [tenantId, entity, field, failure],
  );
}

/** An index for searching is dropped with the last tenant that uses it. */
async function dropUnused(
  { database }: BuilderServices,
  builder: IndexBuilder,
  row: Row | undefined,
  definitions: readonly IndexDefinition[],
): Promise<void> {
  if (!row || definitions.length === 0) return;
  const { rows } = await database.query<{ kind: Row["kind"] }>(
    "select distinct kind from attribute_indexes where entity = $1 and field = $2",
    [row.entity, row.field],
  );
  const table = tableOf(row.entity);
  const used = new Set(
    rows.flatMap(({ kind }) => definitionsOf(table, "", { ...row, kind, unique: false })).map(({ name }) => name),
  );
  await builder.drop(definitions.flatMap(({ name }) => (used.has(name) ? [] : [name])));
}

function stateOf({ failure, ...index }: Row, physical: readonly (PhysicalIndex | undefined)[]): AttributeIndexState {
  const progress = physical.reduce((sum, one) => sum + (one?.progress ?? 0), 0) / Math.max(physical.length, 1);
  if (failure !== null) return { ...index, status: "failed", progress, failure };
  const ready = physical.every((one) => one?.valid);
  return { ...index, status: ready ? "ready" : "building", progress: ready ? 1 : progress };
}

function tableOf(entity: string): RecordDefinition {
  const table = TABLES.get(entity);
  if (table) return table;
  throw new CrmError(
    "CRM_ATTRIBUTE_INDEX_ENTITY",
    `This storage keeps no custom fields of "${entity}". Entities that it does: ${[...TABLES.keys()].join(", ")}.`,
    { status: 422, details: { entity } },
  );
}
