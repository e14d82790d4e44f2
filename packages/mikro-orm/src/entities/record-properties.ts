import { Type, p } from "@mikro-orm/core";
import type { Timestamp } from "@crmessenger/kernel/infrastructure";

/** Times are RFC 3339 text in records and on the wire alike, so nothing is to be converted. */
class TimeType extends Type<Timestamp, string> {
  override getColumnType(): string {
    return "timestamptz(3)";
  }
}

/** A point in time, to the millisecond. */
export const time = () => p.type(TimeType).runtimeType("string").$type<Timestamp>();

/** The id of something outside this table. */
export const reference = () => p.uuid();

/** A document of the given shape. */
export const document = <T>() => p.json<T>().$type<T>().columnType("jsonb");

/** A list of texts. */
export const texts = () => p.array<string>().$type<readonly string[]>().columnType("text[]");

/** What every record begins with. */
export const recordProperties = {
  id: p.uuid().primary(),
  tenantId: p.text(),
  version: p.integer(),
  createdAt: time(),
  updatedAt: time(),
  deletedAt: time().nullable(),
};
