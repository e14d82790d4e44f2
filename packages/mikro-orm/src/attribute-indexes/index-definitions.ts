import { createHash } from "node:crypto";
import type { AttributeIndex } from "@crmessenger/kernel/infrastructure";
import { attributeSql } from "../criteria/attribute-sql.ts";
import type { RecordDefinition } from "../entities/define-record.ts";

/** An index as PostgreSQL is told to make it. */
export interface IndexDefinition {
  readonly name: string;
  readonly unique: boolean;
  /** What comes after `create index <name>`. */
  readonly on: string;
  /** Of the value that is unique. */
  readonly value: string;
  /** The extension of PostgreSQL that it takes. Where that can't be had, there is no such index, and nothing is wrong. */
  readonly extension?: "pg_trgm";
}

const COLUMN = `"attributes"`;

/**
 * The indexes behind one custom field. Those that searches use serve all tenants that index a field of this name and
 * kind: one for comparisons and orders, and for texts one for what they contain. What is unique is so for one tenant, and is hashed, since a text may be longer than an index takes.
 */
export function definitionsOf(
  table: RecordDefinition,
  tenantId: string,
  index: AttributeIndex,
): readonly IndexDefinition[] {
  const { field, kind, unique = false } = index;
  const sql = attributeSql(COLUMN, field.split("."));
  if (kind === "list")
    return [
      {
        name: nameOf(table, field, [kind]),
        unique: false,
        on: `on ${table.sql} using gin (${sql.json} jsonb_path_ops)`,
        value: sql.json,
      },
    ];
  const family = kind === "boolean" ? kind : kind === "number" ? "decimal" : "text";
  const searched = sql[family];
  const value = kind === "number" || kind === "boolean" ? sql[kind] : sql.wholeText;
  const search: IndexDefinition = {
    name: nameOf(table, field, [family]),
    unique: false,
    // Of all rows: the planner takes no figures about expressions from an index of some.
    on: `on ${table.sql} (tenant_id, ${searched}, id)`,
    value,
  };
  const inside: IndexDefinition = {
    name: nameOf(table, field, ["trigrams"]),
    unique: false,
    on: `on ${table.sql} using gin (${sql.wholeText} gin_trgm_ops)`,
    value,
    extension: "pg_trgm",
  };
  const searches = kind === "text" ? [search, inside] : [search];
  if (!unique) return searches;
  const alone: IndexDefinition = {
    name: nameOf(table, field, [family, "unique", tenantId]),
    unique: true,
    on: `on ${table.sql} (${family === "text" ? `md5(${value})` : value}) where deleted_at is null and tenant_id = ${literal(tenantId)}`,
    value,
  };
  return [...searches, alone];
}

/** Says which field it is of, as errors quote it, and is another one for each way of indexing it. */
function nameOf({ tableName }: RecordDefinition, field: string, how: readonly string[]): string {
  const readable = field.replaceAll(/[^A-Za-z0-9]/g, "").slice(0, 24);
  const digest = createHash("sha256")
    .update(JSON.stringify([field, ...how]))
    .digest("hex")
    .slice(0, 12);
  return `${tableName}_field_${readable}_${digest}`;
}

export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
