/** One step of a schema. A released step never changes: later changes are later steps. */
export interface SchemaStep {
  /** Unique in the package, for ever. */
  readonly name: string;
  /** One statement each, the same on PostgreSQL 15 and newer and on PGlite. */
  readonly statements: readonly string[];
}
