import { isStorable } from "../criteria/operand.ts";
import type { Column, RecordTable } from "../repository/record-columns.ts";

/** The fields of a document, whichever they are: all lie in `value`. */
class DocumentFields extends Map<string, Column> {
  override get(property: string): Column | undefined {
    return (
      super.get(property) ??
      (isStorable(property) ? { property, sql: fieldSql(property), kind: "json", nullable: true } : undefined)
    );
  }
}

/** Documents as criteria see them. */
export const documentFields: RecordTable = {
  name: "document",
  sql: "documents",
  columns: new DocumentFields(),
  selection: "",
};

/** Documents as a sort order sees them: their `id` is their key. */
export const sortedDocuments: RecordTable = {
  ...documentFields,
  columns: new DocumentFields([["id", { property: "id", sql: "key", kind: "text", nullable: false }]]),
};

/** A field, or a path of fields, as the criteria compiler writes it, so that an index of it serves a condition on it. */
export function fieldSql(path: string): string {
  const [property = "", ...rest] = path.split(".");
  return rest.reduce((sql, name) => `(${sql} -> ${literal(name)})`, `(value -> ${literal(property)})`);
}

export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
