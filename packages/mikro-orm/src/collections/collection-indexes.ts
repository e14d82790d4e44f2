import { createHash } from "node:crypto";
import type { CollectionDefinition } from "@crmessenger/kernel/infrastructure";
import { fieldSql, literal } from "./document-table.ts";

export interface CollectionIndex {
  readonly name: string;
  readonly sql: string;
  /** The name of the unique combination, where it is one. */
  readonly constraint?: string;
}

/** The indexes that a definition asks for. A name tells the collection and what is indexed, so a changed one is another. */
export function indexesOf({
  name,
  unique,
  indexes,
}: Pick<CollectionDefinition, "name" | "unique" | "indexes">): readonly CollectionIndex[] {
  const here = `collection = ${literal(name)}`;
  return [
    ...Object.entries(unique).map(([constraint, fields]): CollectionIndex => {
      const expressions = fields.map(fieldSql);
      const present = expressions.map((sql) => `${sql} <> 'null'`);
      const index = indexName(name, `unique ${constraint} ${fields.join(" ")}`);
      return {
        name: index,
        constraint,
        sql: `create unique index if not exists ${index} on documents (tenant_id, ${expressions.join(", ")}) where ${[here, ...present].join(" and ")}`,
      };
    }),
    ...indexes.map((field): CollectionIndex => {
      const index = indexName(name, `index ${field} key`);
      return {
        name: index,
        // With the key, which ends every order: the first few of many that match are read without sorting the rest.
        sql: `create index if not exists ${index} on documents (tenant_id, ${fieldSql(field)}, key) where ${here}`,
      };
    }),
  ];
}

/** What the names of a collection's indexes begin with. */
export function indexPrefix(collection: string): string {
  return `documents_${digest(collection)}_`;
}

function indexName(collection: string, what: string): string {
  return `${indexPrefix(collection)}${digest(what)}`;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}
