import type { EntityRecord } from "@crmessenger/kernel/infrastructure";
import type { Column, ColumnKind, RecordTable } from "../repository/record-columns.ts";

/** An entity: how its records lie in a table. MikroORM's entity is made of it when it is first needed. */
export interface RecordDefinition extends RecordTable {
  /** Unquoted. */
  readonly tableName: string;
}

/** The kinds of column that can hold a property; `?` stands for null. */
type KindFor<T> = null extends T ? `${PresentKind<NonNullable<T>>}?` : PresentKind<T>;
type PresentKind<T> = T extends boolean
  ? "boolean"
  : T extends number
    ? "integer"
    : T extends string
      ? "text" | "uuid" | "time"
      : T extends readonly string[]
        ? "list" | "json"
        : "json";

type OwnProperties<R extends EntityRecord> = { readonly [K in Exclude<keyof R, keyof EntityRecord>]-?: KindFor<R[K]> };

const COMMON = {
  id: "uuid",
  tenantId: "text",
  version: "integer",
  createdAt: "time",
  updatedAt: "time",
  deletedAt: "time?",
} as const;

/** Declares where each property of a record is kept. A property that is forgotten does not compile. */
export function defineRecord<R extends EntityRecord>(
  name: string,
  tableName: string,
  properties: OwnProperties<R>,
): RecordDefinition {
  const kinds: Readonly<Record<string, string>> = { ...COMMON, ...properties };
  const columns = new Map(Object.entries(kinds).map(([property, kind]) => [property, column(property, kind)]));
  const selection = [...columns.values()].map(({ sql, property }) => `${sql} as "${property}"`).join(", ");
  return { name, tableName, sql: `"${tableName}"`, columns, selection };
}

function column(property: string, kind: string): Column {
  return {
    property,
    sql: `"${columnName(property)}"`,
    kind: kind.replace("?", "") as ColumnKind,
    nullable: kind.endsWith("?"),
    holdsFields: property === "attributes",
  };
}

/** `lastMessageAt` is `last_message_at`, as MikroORM names it too. */
function columnName(property: string): string {
  return property.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
