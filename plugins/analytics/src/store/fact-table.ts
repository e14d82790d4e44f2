import type { FactColumnKind } from "@crmessenger/kernel/analytics";
import type { SqlColumn } from "@crmessenger/kernel/infrastructure";

/** The columns of a table of facts, by name. */
export type FactColumns = Readonly<Record<string, FactColumnKind>>;

export const SQL_TYPES: Readonly<Record<FactColumnKind, string>> = {
  text: `text collate "C"`,
  number: "double precision",
  decimal: "numeric",
  boolean: "boolean",
  timestamp: "timestamptz(3)",
  date: "date",
  "text-list": "text[]",
};

export const TIME_FORMAT = `'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`;

export function quoted(name: string): string {
  return `"${name.replaceAll(`"`, `""`)}"`;
}

/** Values as facts hold them, from an expression of the column's type. */
export function asFact(sql: string, kind: FactColumnKind): string {
  switch (kind) {
    case "timestamp":
      return `to_char(${sql} at time zone 'UTC', ${TIME_FORMAT})`;
    case "date":
      return `to_char(${sql}, 'YYYY-MM-DD')`;
    case "decimal":
      return `trim_scale(${sql})::text`;
    default:
      return sql;
  }
}

/** The column as criteria compare it: decimals and dates as the text that facts hold. */
export function asOperand(name: string, kind: FactColumnKind): SqlColumn {
  const sql = quoted(name);
  switch (kind) {
    case "number":
    case "boolean":
      return { sql, kind };
    case "timestamp":
      return { sql, kind: "time" };
    case "text-list":
      return { sql, kind: "list" };
    case "text":
      return { sql, kind: "text" };
    case "decimal":
    case "date":
      return { sql: `(${asFact(sql, kind)}) collate "C"`, kind: "text" };
  }
}

export function operandsOf(columns: FactColumns): Readonly<Record<string, SqlColumn>> {
  return Object.fromEntries(Object.entries(columns).map(([name, kind]) => [name, asOperand(name, kind)]));
}

/** Rows are rewritten often while what they are about is young: there is room for that in each page. */
export function createTable(table: string, columns: FactColumns): string {
  const list = Object.entries(columns).map(([name, kind]) => `${quoted(name)} ${SQL_TYPES[kind]}`);
  return `create table ${quoted(table)} (tenant_id text collate "C" not null, key text collate "C" not null, ${list.join(", ")}, primary key (tenant_id, key)) with (fillfactor = 85)`;
}

/** A page range knows its times, which costs writers next to nothing. */
export function createTimeIndex(table: string, column: string): string {
  return `create index on ${quoted(table)} using brin (${quoted(column)})`;
}

/** $1 tenant, $2 keys. */
export function selectRows(table: string, columns: FactColumns): string {
  const list = Object.entries(columns).map(([name, kind]) => `${asFact(quoted(name), kind)} as ${quoted(name)}`);
  return `select found.key, ${list.join(", ")} from ${rowsOf(table, "unnest($2::text[]) as asked(key)")}`;
}

/**
 * The rows of the keys that `asked` lists, looked up one by one: a planner that has no statistics yet takes all rows of
 * a tenant for fewer than those, and reads them all.
 */
export function rowsOf(table: string, asked: string): string {
  return `${asked} cross join lateral (
    select * from ${quoted(table)} where tenant_id = $1::text and key = asked.key limit 1) as found`;
}

/** $1 tenant, $2 rows as a JSON array in text. */
export function upsertRows(table: string, columns: FactColumns): string {
  const names = Object.keys(columns).map(quoted).join(", ");
  const typed = Object.entries(columns).map(([name, kind]) => `${quoted(name)} ${JSON_TYPES[kind] ?? SQL_TYPES[kind]}`);
  const changes = Object.keys(columns).map((name) => `${quoted(name)} = excluded.${quoted(name)}`);
  return `
    insert into ${quoted(table)} (tenant_id, key, ${names})
    select $1::text, key, ${names} from json_to_recordset($2::text::json) as r(key text, ${typed.join(", ")})
    on conflict (tenant_id, key) do update set ${changes.join(", ")}`;
}

const JSON_TYPES: Partial<Readonly<Record<FactColumnKind, string>>> = { text: "text", timestamp: "timestamptz" };

/** $1 tenant, $2 keys. */
export function deleteRows(table: string): string {
  return `delete from ${quoted(table)} where tenant_id = $1::text and key = any($2::text[])`;
}
