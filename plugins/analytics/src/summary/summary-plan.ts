import { CrmError } from "@crmessenger/kernel";
import type { Dimension, FactDefinition, Metric, MetricFormula } from "@crmessenger/kernel/analytics";
import { type Criteria, everything } from "@crmessenger/kernel/infrastructure";
import { z } from "zod";
import { isTimeZone } from "../query/time-zone.ts";

/** A summary that an application asks for: counts by these dimensions and the day in a zone. */
export const summaryRequest = z.strictObject({
  /** Such as `lead`. */
  fact: z.string().min(1),
  /** Names of dimensions, custom fields among them; owner and team are always added, for access scopes. */
  by: z.array(z.string().min(1)).min(1).max(8),
  /** Whose days are counted, such as `Europe/Berlin`: reports by day, week or longer in this zone are served. */
  timeZone: z.string().refine(isTimeZone, "There is no such time zone: use a name such as Europe/Berlin."),
});
export type SummaryRequest = z.infer<typeof summaryRequest>;

/** How many rows of a fact there are of each day and each combination of values. Plain data: it is kept in the database. */
export interface SummaryPlan {
  /** The column whose days are counted. */
  readonly began: string;
  readonly timeZone: string;
  readonly columns: readonly string[];
  /** What is counted; the first is every row. */
  readonly counts: readonly Criteria[];
}

/** A summary in terms of the fact's columns; undefined while a custom field in it is not reportable. */
export function planSummary(
  { by, timeZone }: SummaryRequest,
  fact: FactDefinition & { readonly began: string },
  vocabulary: { readonly dimensions: readonly Dimension[]; readonly metrics: readonly Metric[] },
): SummaryPlan | undefined {
  const { owner, team } = fact.access;
  const columns = new Set([owner, team].filter((column) => column !== null));
  for (const name of by) {
    const found = vocabulary.dimensions.filter((one) => one.name === name && Object.hasOwn(one.columns, fact.name));
    if (found.length === 0 && name.includes(".attributes.")) return undefined;
    if (found.length === 0) throw badSummary(`"${name}" is no dimension of "${fact.name}".`);
    for (const { kind, columns: of } of found) {
      const column = of[fact.name] as string;
      if (kind === "time" || fact.columns[column] === "text-list")
        throw badSummary(
          `"${name}" is a time or a list; rows are counted by single values, and by the day they began.`,
        );
      columns.add(column);
    }
  }
  const ofFact = vocabulary.metrics.filter((metric) => metric.fact === fact.name);
  const counts = new Map([everything, ...ofFact.flatMap(({ formula }) => countsIn(formula) ?? [])].map(keyed));
  return { began: fact.began, timeZone, columns: [...columns].toSorted(), counts: [...counts.values()] };
}

/** What a formula counts, when it is made of counts alone. */
export function countsIn(formula: MetricFormula): readonly Criteria[] | undefined {
  if (formula.kind === "count") return [formula.where ?? everything];
  if (formula.kind !== "ratio") return undefined;
  const [of, over] = [countsIn(formula.of), countsIn(formula.over)];
  return of && over && [...of, ...over];
}

/** By what equal criteria are recognised. */
export function criteriaKey(criteria: Criteria): string {
  return JSON.stringify(criteria);
}

function keyed(criteria: Criteria): readonly [string, Criteria] {
  return [criteriaKey(criteria), criteria];
}

export function badSummary(message: string): CrmError {
  return new CrmError("CRM_REPORT_SUMMARY", `A summary can't be kept: ${message}`);
}
