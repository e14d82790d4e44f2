import { type EntitySchema, Type, defineEntity, p } from "@mikro-orm/core";
import type { RecordDefinition } from "../entities/define-record.ts";
import type { Column, ColumnKind } from "../repository/record-columns.ts";

/** Times are RFC 3339 text in records and on the wire alike, so nothing is to be converted. */
class TimeType extends Type<string, string> {
  override getColumnType(): string {
    return "timestamptz(3)";
  }
}

const PROPERTIES = {
  uuid: () => p.uuid(),
  text: () => p.text(),
  integer: () => p.integer(),
  number: () => p.double(),
  boolean: () => p.boolean(),
  time: () => p.type(TimeType).runtimeType("string"),
  list: () => p.array().columnType("text[]"),
  json: () => p.json().columnType("jsonb"),
} satisfies Record<ColumnKind, () => unknown>;

/** MikroORM's entity for the records of a table. */
export function entityOf({ name, tableName, columns }: RecordDefinition): EntitySchema {
  const properties = Object.fromEntries([...columns.values()].map((column) => [column.property, propertyOf(column)]));
  return defineEntity({
    name,
    tableName,
    properties: { ...properties, id: p.uuid().primary() },
  }) as unknown as EntitySchema;
}

function propertyOf({ kind, nullable }: Column) {
  const property = PROPERTIES[kind]();
  return nullable ? property.nullable() : property;
}
