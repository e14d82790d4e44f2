/** How a column's values compare; the criteria compiler goes by it. */
export type ColumnKind = "uuid" | "text" | "integer" | "number" | "boolean" | "time" | "list" | "json";

export interface Column {
  /** The record's property. */
  readonly property: string;
  /** Quoted. */
  readonly sql: string;
  readonly kind: ColumnKind;
  readonly nullable: boolean;
  /** Custom fields lie in it, each with values of one kind, and may have indexes. */
  readonly holdsFields?: boolean;
}

/** What SQL has to know of records. */
export interface RecordTable {
  /** As error messages call it. */
  readonly name: string;
  /** Quoted. */
  readonly sql: string;
  readonly columns: ReadonlyMap<string, Column>;
  /** For `select`: columns under the names of the record's properties. */
  readonly selection: string;
}
