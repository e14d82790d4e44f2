import { createHash } from "node:crypto";
import { CrmError } from "@crmessenger/kernel";
import { type CriteriaSubject, type Json, type Sort, fieldOf, isDecimal } from "@crmessenger/kernel/infrastructure";
import { type AttributeSql, DECIMAL, PREFIX_LENGTH, attributeSql } from "../criteria/attribute-sql.ts";
import { JsonOperand } from "../criteria/json-operand.ts";
import type { SqlParameters } from "../criteria/sql-parameters.ts";
import type { RecordTable } from "./record-columns.ts";

/** One sort key: an expression, its direction, and how to find a record's value for it. */
interface SortKey {
  readonly sql: string;
  readonly type: string;
  readonly descending: boolean;
  readonly nullable: boolean;
  valueOf(record: CriteriaSubject): Json;
}

const COLUMN_TYPES = {
  uuid: "uuid",
  text: "text",
  integer: "integer",
  number: "double precision",
  boolean: "boolean",
  time: "timestamptz",
} as const;

/**
 * A list, or the part of it that has a value to be sorted by first, or the part that has none. No index yields a
 * descending order with the nulls at its end: it is read in two parts, each of which an index does.
 */
export type ListPart = "all" | "valued" | "empty";

/**
 * The order of a list and the way from one page to the next: a page begins after the last record of the one before,
 * by the values of its sort keys. Nulls come last in both directions, and the id is the last key.
 */
export class Keyset {
  readonly #keys: readonly SortKey[];
  readonly #signature: string;
  readonly #part: ListPart;

  constructor(sort: readonly Sort[], table: RecordTable, parameters: SqlParameters, part: ListPart = "all") {
    this.#part = part;
    const last = sort.at(-1);
    const order: readonly Sort[] = [
      ...sort.filter(({ field }) => field !== "id"),
      sort.find(({ field }) => field === "id") ?? { field: "id", direction: last?.direction ?? "desc" },
    ];
    this.#keys = order.flatMap((by) => sortKeys(by, table, parameters));
    this.#signature = createHash("sha256")
      .update(JSON.stringify([table.name, order]))
      .digest("base64url")
      .slice(0, 8);
  }

  /** The parts in which the list is best read, one after another until there is enough, after a cursor. */
  parts(cursor: string | undefined): readonly ListPart[] {
    const [first] = this.#keys;
    if (!first?.nullable || !first.descending) return ["all"];
    return cursor !== undefined && this.#decode(cursor)[0] === null ? ["empty"] : ["valued", "empty"];
  }

  /** The condition for being in this part. */
  inPart(): string {
    const [first] = this.#keys;
    return this.#part === "all" || !first ? "true" : `${first.sql} is ${this.#part === "valued" ? "not null" : "null"}`;
  }

  orderBy(): string {
    return this.#ownKeys
      .map(
        ({ sql, descending, nullable }) =>
          `${sql}${descending ? " desc" : ""}${nullable && descending ? " nulls last" : ""}`,
      )
      .join(", ");
  }

  /** The keys as far as they tell records of this part apart. */
  get #ownKeys(): readonly SortKey[] {
    const [first, ...rest] = this.#keys;
    if (this.#part === "all" || !first) return this.#keys;
    return this.#part === "valued" ? [{ ...first, nullable: false }, ...rest] : rest;
  }

  /** The cursor after this record. */
  cursorOf(record: CriteriaSubject): string {
    return Buffer.from(JSON.stringify([this.#signature, ...this.#keys.map((key) => key.valueOf(record))])).toString(
      "base64url",
    );
  }

  /** The condition for what comes after a cursor. */
  after(cursor: string, parameters: SqlParameters): string {
    const all = this.#decode(cursor);
    const keys = this.#ownKeys;
    const values = all.slice(all.length - keys.length);
    if (this.#part === "empty" && all[0] !== null) return "true"; // the cursor stands before all of this part
    const placeholders = keys.map(({ type }, index) =>
      values[index] === null ? "null" : parameters.add(values[index], type),
    );
    const branches = keys.map((key, index) => {
      const equals = keys
        .slice(0, index)
        .map(({ sql }, earlier) => (values[earlier] === null ? `${sql} is null` : `${sql} = ${placeholders[earlier]}`));
      return [...equals, beyond(key, placeholders[index] as string)].join(" and ");
    });
    return `(${branches.map((branch) => `(${branch})`).join(" or ")})`;
  }

  #decode(cursor: string): readonly Json[] {
    const values = parse(cursor);
    if (
      !Array.isArray(values) ||
      values[0] !== this.#signature ||
      values.length !== this.#keys.length + 1 ||
      values.some((value) => typeof value === "object" && value !== null)
    ) {
      throw new CrmError(
        "CRM_STORAGE_CURSOR",
        "This is no cursor of this list. Begin with the first page, and keep the sort order from page to page.",
        { status: 422 },
      );
    }
    return values.slice(1) as Json[];
  }
}

function beyond({ sql, descending, nullable }: SortKey, placeholder: string): string {
  if (placeholder === "null") return "false"; // nothing comes after the nulls but what the next key tells apart
  const further = `${sql} ${descending ? "<" : ">"} ${placeholder}`;
  return nullable ? `(${further} or ${sql} is null)` : further;
}

/** Values inside JSON may be of any kind: numbers come first, then text and booleans by code point. */
function sortKeys(
  { field, direction, kind: asked }: Sort,
  table: RecordTable,
  parameters: SqlParameters,
): readonly SortKey[] {
  const [property = "", ...path] = field.split(".");
  const column = table.columns.get(property);
  const descending = direction === "desc";
  if (column?.holdsFields && path.length > 0)
    return ofKind(
      asked,
      attributeKeys(attributeSql(column.sql, path), descending, (record) => fieldOf(record, field)),
    );
  if (column?.kind === "json") {
    const { sql } = new JsonOperand(column.sql, path, parameters);
    const kind = `jsonb_typeof(${sql})`;
    const number: SortKey = {
      sql: `(case when ${kind} = 'number' then (${sql} #>> '{}')::numeric end)`,
      type: "numeric",
      descending,
      nullable: true,
      valueOf: (record) => onlyIf("number", fieldOf(record, field)),
    };
    const ofText = (kinds: readonly ("string" | "boolean")[]): SortKey => ({
      sql: `(case when ${kind} in (${kinds.map((name) => `'${name}'`).join(", ")}) then (${sql} #>> '{}') end) collate "C"`,
      type: "text",
      descending,
      nullable: true,
      valueOf: (record) => {
        const value = fieldOf(record, field);
        return kinds.some((name) => onlyIf(name, value) !== null) ? String(value) : null;
      },
    });
    if (asked === undefined) return [number, ofText(["string", "boolean"])];
    const numeric: SortKey = {
      ...number,
      sql: `(case when ${kind} = 'number' or ${kind} = 'string' and (${sql} #>> '{}') ~ '${DECIMAL}' then (${sql} #>> '{}')::numeric end)`,
      valueOf: (record) => decimalIn(fieldOf(record, field)),
    };
    return ofKind(asked, {
      number: [number],
      numeric: [numeric],
      text: [ofText(["string"])],
      boolean: [ofText(["boolean"])],
    });
  }
  if (!column || column.kind === "list" || path.length > 0) throw unsortable(field, table);
  return [
    {
      sql: column.sql,
      type: COLUMN_TYPES[column.kind],
      descending,
      nullable: column.nullable,
      valueOf: (record) => fieldOf(record, field),
    },
  ];
}

interface KeysByKind {
  readonly number: readonly SortKey[];
  /** And decimal numbers in text. */
  readonly numeric: readonly SortKey[];
  readonly text: readonly SortKey[];
  readonly boolean: readonly SortKey[];
}

/** The keys for values of one kind, or of all: numbers, then text, then booleans. */
function ofKind(kind: Sort["kind"], { number, numeric, text, boolean }: KeysByKind): readonly SortKey[] {
  if (kind === undefined) return [...number, ...text, ...boolean];
  if (kind === "number") return numeric;
  return kind === "boolean" ? boolean : text;
}

/** What an index holds of a text comes first, and the whole text settles the rest. */
function attributeKeys(sql: AttributeSql, descending: boolean, valueOf: (record: CriteriaSubject) => Json): KeysByKind {
  const key = (expression: string, type: string, valueIn: (record: CriteriaSubject) => Json): SortKey => ({
    sql: expression,
    type,
    descending,
    nullable: true,
    valueOf: valueIn,
  });
  const whole = (record: CriteriaSubject) => onlyIf("string", valueOf(record));
  const prefix = (record: CriteriaSubject) => {
    const text = whole(record);
    return typeof text === "string" ? [...text].slice(0, PREFIX_LENGTH).join("") : null;
  };
  return {
    number: [key(sql.number, "numeric", (record) => onlyIf("number", valueOf(record)))],
    numeric: [key(sql.decimal, "numeric", (record) => decimalIn(valueOf(record)))],
    text: [key(sql.text, "text", prefix), key(sql.wholeText, "text", whole)],
    boolean: [key(sql.boolean, "text", (record) => onlyIf("boolean", valueOf(record))?.toString() ?? null)],
  };
}

function onlyIf(kind: "number" | "string" | "boolean", value: Json): Json {
  return typeof value === kind ? value : null;
}

/** A number, or a decimal number in text, as it is. */
function decimalIn(value: Json): Json {
  return typeof value === "number" || (typeof value === "string" && isDecimal(value)) ? value : null;
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, "base64url").toString());
  } catch {
    return undefined;
  }
}

function unsortable(field: string, table: RecordTable): CrmError {
  return new CrmError("CRM_STORAGE_SORT", `A ${table.name} has no field "${field}" to sort by.`, {
    status: 422,
    details: { field },
  });
}
