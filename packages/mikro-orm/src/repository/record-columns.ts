import type { EntityMetadata } from "@mikro-orm/core";

/** How a column's values compare; the criteria compiler goes by it. */
export type ColumnKind = "uuid" | "text" | "integer" | "boolean" | "time" | "list" | "json";

export interface Column {
  /** The record's property. */
  readonly property: string;
  /** Quoted. */
  readonly sql: string;
  readonly kind: ColumnKind;
  readonly nullable: boolean;
}

/** What SQL has to know of an entity, read from its definition. */
export interface RecordTable {
  /** As error messages call it. */
  readonly name: string;
  /** Quoted. */
  readonly sql: string;
  readonly columns: ReadonlyMap<string, Column>;
  /** For `select` and `returning`: columns under the names of the record's properties. */
  readonly selection: string;
}

const KINDS: readonly (readonly [RegExp, ColumnKind])[] = [
  [/^uuid$/, "uuid"],
  [/^text$/, "text"],
  [/^int/, "integer"],
  [/^bool/, "boolean"],
  [/^timestamptz/, "time"],
  [/^text\[\]$/, "list"],
  [/^jsonb$/, "json"],
];

export function recordTable(meta: EntityMetadata): RecordTable {
  const columns = new Map(meta.props.map((prop) => [prop.name as string, columnOf(meta, prop as never)]));
  const selection = [...columns.values()].map(({ sql, property }) => `${sql} as "${property}"`).join(", ");
  return { name: meta.className, sql: `"${meta.tableName}"`, columns, selection };
}

function columnOf(meta: EntityMetadata, prop: { name: string; fieldNames: string[]; columnTypes: string[]; nullable?: boolean }): Column {
  const type = prop.columnTypes[0] ?? "";
  const kind = KINDS.find(([pattern]) => pattern.test(type))?.[1];
  if (!kind) throw new TypeError(`${meta.className}.${prop.name} has the column type ${type}, which criteria can't compare.`);
  return { property: prop.name, sql: `"${prop.fieldNames[0]}"`, kind, nullable: prop.nullable === true };
}
