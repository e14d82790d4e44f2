/** What a column of facts holds. Values are as Criteria compare them: decimals and times as text. */
export type FactColumnKind = "text" | "number" | "decimal" | "boolean" | "timestamp" | "date" | "text-list";

/** A flat table for reports: one row for each lead, conversation or message, or for each stay in a state. */
export interface FactDefinition {
  /** Such as `lead`; a plugin's own as `<plugin>.<fact>`. */
  readonly name: string;
  /** By column name, in camelCase. A row's key and tenant are kept besides. */
  readonly columns: Readonly<Record<string, FactColumnKind>>;
  /** Columns that hold the owner's and the team's id, for access scopes; null: only a scope of `all` sees the rows. */
  readonly access: { readonly permission: string; readonly owner: string | null; readonly team: string | null };
}
