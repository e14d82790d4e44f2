import { contract, registryReach } from "../contract.ts";
import type { Criteria } from "../infrastructure/criteria.ts";
import type { Named, Registry } from "../infrastructure/registry.ts";

/**
 * How a metric is computed from the rows of its fact, those that match `where`. Without rows a count is 0 and everything
 * else null; rows whose column is null do not count; a ratio over 0 is null. `percentile` is in [0, 1] and interpolates.
 */
export type MetricFormula =
  | { readonly kind: "count"; readonly where?: Criteria }
  | { readonly kind: "count-distinct"; readonly column: string; readonly where?: Criteria }
  | { readonly kind: "sum" | "average" | "min" | "max"; readonly column: string; readonly where?: Criteria }
  | { readonly kind: "percentile"; readonly column: string; readonly percentile: number; readonly where?: Criteria }
  | { readonly kind: "ratio"; readonly of: MetricFormula; readonly over: MetricFormula };

/** Something that is counted: leads, conversion, the first response time, the sum of won deals. Plain data. */
export interface Metric extends Named {
  readonly label: string;
  /** One sentence on what exactly is counted. */
  readonly description: string;
  readonly fact: string;
  /** Of the answers: a ratio is 0 to 1, money is in the currency that the query's criteria leave. */
  readonly unit: "count" | "ratio" | "milliseconds" | "money" | "number";
  readonly formula: MetricFormula;
}

/** The metrics that queries can name. */
export interface Metrics extends Registry<Metric> {}

export const Metrics = contract<Metrics>("analytics.metrics", 1, registryReach);
