import { isStorable } from "./operand.ts";

/** How much of a text an index holds: PostgreSQL refuses rows whose index entry is longer than a third of a page. */
export const PREFIX_LENGTH = 500;

/** The expressions that conditions, sort orders and indexes share, so that one serves the other. */
export interface AttributeSql {
  /** The value where it is a number, otherwise null. */
  readonly number: string;
  /** `true` or `false` as text where it is a boolean: the planner has figures about texts, and none about bare conditions. */
  readonly boolean: string;
  /** The beginning of the value where it is a text, otherwise null. By code point. */
  readonly text: string;
  readonly wholeText: string;
}

/**
 * A custom field by the kinds of its values. A value of another kind counts as null, so no cast can fail. One path query
 * looks into the column once, which matters: a large one is unpacked anew for each look. All of it is immutable, as
 * indexes want it.
 */
export function attributeSql(column: string, name: string): AttributeSql {
  const of = (kind: "boolean" | "number" | "string") =>
    isStorable(name)
      ? `(jsonb_path_query_first(${column}, ${pathTo(name, kind)}, '{}', true) #>> '{}')`
      : "(null::text)";
  return {
    number: `(${of("number")}::numeric)`,
    boolean: `(${of("boolean")} collate "C")`,
    text: `(left(${of("string")}, ${PREFIX_LENGTH}) collate "C")`,
    wholeText: `(${of("string")} collate "C")`,
  };
}

/** Strict, since a lax path would look into lists; silent about what is missing. */
function pathTo(name: string, kind: string): string {
  const path = `strict $.${JSON.stringify(name)} ? (@.type() == "${kind}")`;
  return `'${path.replaceAll("'", "''")}'`;
}
