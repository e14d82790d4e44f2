import { isStorable } from "./operand.ts";

/** How much of a text an index holds: PostgreSQL refuses rows whose index entry is longer than a third of a page. */
export const PREFIX_LENGTH = 500;

/** What the kernel's `isDecimal` takes, in a language that jsonpath and PostgreSQL share. */
export const DECIMAL = "^-?[0-9]{1,30}([.][0-9]{1,20})?$";

/** The expressions that conditions, sort orders and indexes share, so that one serves the other. */
export interface AttributeSql {
  /** The value where it is a number, otherwise null. */
  readonly number: string;
  /** The value where it is a number, or a decimal number in text. */
  readonly decimal: string;
  /** `true` or `false` as text where it is a boolean: the planner has figures about texts, and none about bare conditions. */
  readonly boolean: string;
  /** The beginning of the value where it is a text, otherwise null. By code point. */
  readonly text: string;
  readonly wholeText: string;
  /** Whatever it is, as JSON. */
  readonly json: string;
}

const KINDS = {
  boolean: `@.type() == "boolean"`,
  number: `@.type() == "number"`,
  string: `@.type() == "string"`,
  decimal: `@.type() == "number" || @ like_regex "${DECIMAL}"`,
};

/**
 * A custom field, or a place inside it, by the kinds of its values. A value of another kind counts as null, so no cast
 * can fail. One path query looks into the column once, which matters: a large one is unpacked anew for each look. All of
 * it is immutable, as indexes want it.
 */
export function attributeSql(column: string, path: readonly string[]): AttributeSql {
  const isPossible = path.every(isStorable);
  const of = (kind: keyof typeof KINDS) =>
    isPossible
      ? `(jsonb_path_query_first(${column}, ${pathTo(path, KINDS[kind])}, '{}', true) #>> '{}')`
      : "(null::text)";
  return {
    number: `(${of("number")}::numeric)`,
    decimal: `(${of("decimal")}::numeric)`,
    boolean: `(${of("boolean")} collate "C")`,
    text: `(left(${of("string")}, ${PREFIX_LENGTH}) collate "C")`,
    wholeText: `(${of("string")} collate "C")`,
    json: isPossible ? `(${[column, ...path.map(quote)].join(" -> ")})` : "(null::jsonb)",
  };
}

/** Strict, since a lax path would look into lists; silent about what is missing. */
function pathTo(path: readonly string[], condition: string): string {
  return quote(`strict ${["$", ...path.map((name) => JSON.stringify(name))].join(".")} ? (${condition})`);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
