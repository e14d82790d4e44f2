import type { Criteria, EntityRecord } from "@crmessenger/kernel/infrastructure";
import { type Index, Table, keyOf } from "../state/table.ts";
import type { View } from "../state/view.ts";

type FieldOf<R> = Extract<keyof R, string>;

/** What is unique, and what is looked up, besides the id. Every key begins with the tenant. */
export interface EntityIndexes<R> {
  /** Combinations that occur once, by constraint name; records where a part is null are exempt. */
  readonly unique?: Readonly<Record<string, readonly FieldOf<R>[]>>;
  /** Text fields that records are found by. */
  readonly by?: readonly FieldOf<R>[];
  readonly more?: readonly Index<R>[];
}

const TENANT = "tenant";
const byField = (field: string) => `by ${field}`;

/** A table of one kind of entity, by id. */
export function entityTable<R extends EntityRecord>(
  name: string,
  { unique = {}, by = [], more = [] }: EntityIndexes<R>,
): Table<R> {
  return new Table<R>(name, [
    { name: TENANT, unique: false, keys: ({ tenantId }) => [tenantId] },
    ...Object.entries(unique).map(([constraint, fields]) => combination<R>(constraint, fields, true)),
    ...by.map((field) => combination<R>(byField(field), [field], false)),
    ...more,
  ]);
}

function combination<R extends EntityRecord>(name: string, fields: readonly FieldOf<R>[], unique: boolean): Index<R> {
  return {
    name,
    unique,
    keys: (row) => {
      const values = fields.map((field) => row[field]);
      return values.includes(null as never) ? [] : [keyOf(row.tenantId, ...(values as (string | number)[]))];
    },
  };
}

/** Rows of the tenant that may meet the criteria: by an index where they ask for one value of an indexed field. */
export function candidates<R extends object>(
  view: View,
  table: Table<R>,
  tenantId: string,
  criteria: Criteria,
): Iterable<R> {
  for (const condition of criteria.op === "and" ? criteria.all : [criteria]) {
    if (condition.op !== "eq" || typeof condition.value !== "string" || !table.index(byField(condition.field)))
      continue;
    return view.lookup(table, byField(condition.field), keyOf(tenantId, condition.value));
  }
  return view.lookup(table, TENANT, tenantId);
}
