import { createHash } from "node:crypto";
import { CrmError } from "@crmessenger/kernel";
import { type CriteriaSubject, type Json, type Sort, fieldOf } from "@crmessenger/kernel/infrastructure";
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
  boolean: "boolean",
  time: "timestamptz",
} as const;

/**
 * The order of a list and the way from one page to the next: a page begins after the last record of the one before,
 * by the values of its sort keys. Nulls come last in both directions, and the id is the last key.
 */
export class Keyset {
  readonly #keys: readonly SortKey[];
  readonly #signature: string;

  constructor(sort: readonly Sort[], table: RecordTable, parameters: SqlParameters) {
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

  orderBy(): string {
    return this.#keys
      .map(
        ({ sql, descending, nullable }) =>
          `${sql}${descending ? " desc" : ""}${nullable && descending ? " nulls last" : ""}`,
      )
      .join(", ");
  }

  /** The cursor after this record. */
  cursorOf(record: CriteriaSubject): string {
    return Buffer.from(JSON.stringify([this.#signature, ...this.#keys.map((key) => key.valueOf(record))])).toString(
      "base64url",
    );
  }

  /** The condition for what comes after a cursor. */
  after(cursor: string, parameters: SqlParameters): string {
    const values = this.#decode(cursor);
    const placeholders = this.#keys.map(({ type }, index) =>
      values[index] === null ? "null" : parameters.add(values[index], type),
    );
    const branches = this.#keys.map((key, index) => {
      const equals = this.#keys
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
function sortKeys({ field, direction }: Sort, table: RecordTable, parameters: SqlParameters): readonly SortKey[] {
  const [property = "", ...path] = field.split(".");
  const column = table.columns.get(property);
  const descending = direction === "desc";
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
    const text: SortKey = {
      sql: `(case when ${kind} in ('string', 'boolean') then (${sql} #>> '{}') end) collate "C"`,
      type: "text",
      descending,
      nullable: true,
      valueOf: (record) =>
        onlyIf("string", fieldOf(record, field)) ?? onlyIf("boolean", fieldOf(record, field))?.toString() ?? null,
    };
    return [number, text];
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

function onlyIf(kind: "number" | "string" | "boolean", value: Json): Json {
  return typeof value === kind ? value : null;
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
