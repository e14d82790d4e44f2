/** What a column of facts holds. Values are as Criteria compare them: decimals and times as text. */
export type FactColumnKind = "text" | "number" | "decimal" | "boolean" | "timestamp" | "date" | "text-list";

/** Who may see which rows. */
export interface FactAccess {
  readonly permission: string;
  /** The columns that hold the owner's and the team's id, for access scopes; null: only a scope of `all` sees the rows. */
  readonly owner: string | null;
  readonly team: string | null;
  /**
   * Fields of the entity that conditions of roles may name, with their columns, where these are called otherwise:
   * `{ "source.channel": "channel" }`. A role with a condition on anything else is refused: `CRM_IAM_FORBIDDEN`.
   */
  readonly fields?: Readonly<Record<string, string>>;
}

/**
 * Where the past of a fact's rows stands: a fact of its own with a row for each stretch of time in which nothing about
 * them changed. These are its columns.
 */
export interface FactHistory {
  readonly fact: string;
  /** The key of the row that it is about. */
  readonly of: string;
  readonly state: string;
  /** The stretch: from inclusive; until exclusive, and null while it lasts. */
  readonly from: string;
  readonly until: string;
  /** On the last stretch in a state, which state followed, and how long the whole stay was in milliseconds; else null. */
  readonly leftFor: string;
  readonly stayMs: string;
}

/** A flat table for reports: one row for each lead, conversation or message, or for each stay in a state. */
export interface FactDefinition {
  /** Such as `lead`; a plugin's own as `<plugin>.<fact>`. */
  readonly name: string;
  /** By column name, in camelCase. A row's key and tenant are kept besides. */
  readonly columns: Readonly<Record<string, FactColumnKind>>;
  readonly access: FactAccess;
  /** The column with the time at which what the row is about began. Rows without it are in the making, and in no report. */
  readonly began?: string;
  /**
   * The entity whose reportable custom fields are columns too, which the store of facts names. A row that is put holds the
   * entity's custom fields as `attributes`, unless it was got and they are as they were.
   */
  readonly attributesOf?: string;
  /** For snapshots and funnels. */
  readonly history?: FactHistory;
}
