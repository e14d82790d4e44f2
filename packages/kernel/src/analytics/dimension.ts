import { contract, registryReach } from "../contract.ts";
import type { Named, Registry } from "../infrastructure/registry.ts";

/** How time is cut. Weeks begin on Monday; days and longer ones are local to the query's time zone. */
export type TimeGrain = "hour" | "day" | "week" | "month" | "quarter" | "year";

/**
 * An axis that facts are cut along: time, source, channel, manager, team, state, a reportable custom field. Plain data:
 * every data source reads it alike.
 */
export interface Dimension extends Named {
  readonly label: string;
  readonly kind: "text" | "number" | "boolean" | "time" | "reference";
  /** The entity type that a `reference` names, such as `user`. */
  readonly entity?: string;
  /** Its column in each fact that has it. A report can combine only dimensions and metrics of one fact. */
  readonly columns: Readonly<Record<string, string>>;
  /** Needed besides that of the fact; who lacks it does not see that the dimension is there. */
  readonly permission?: string;
}

/** The dimensions that queries can name; reportable custom fields are among them as `<entity>.attributes.<field>`. */
export interface Dimensions extends Registry<Dimension> {}

export const Dimensions = contract<Dimensions>("analytics.dimensions", 1, registryReach);
