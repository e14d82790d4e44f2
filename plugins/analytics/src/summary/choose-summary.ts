import type { ReportPlan } from "@crmessenger/kernel/analytics";
import { everything } from "@crmessenger/kernel/infrastructure";
import { fieldsIn } from "../query/rewrite-criteria.ts";
import { bucketOf, startOfBucket } from "../query/time-bucket.ts";
import { countsIn, criteriaKey } from "./summary-plan.ts";
import type { Summary } from "./summary-table.ts";

/** The smallest summary that answers exactly what the rows would; undefined when only the rows can. */
export function chooseSummary(summaries: readonly Summary[], plan: ReportPlan): Summary | undefined {
  const counts = plan.metrics.map(({ formula }) => countsIn(formula));
  if (counts.some((each) => each === undefined)) return undefined;
  const asked = new Set(counts.flatMap((each) => each ?? []).map(criteriaKey));
  const named = [...fieldsIn(plan.criteria), ...plan.groups.flatMap(({ column, grain }) => (grain ? [] : [column]))];
  return summaries
    .filter(({ retiredAt }) => retiredAt === null)
    .filter((summary) => {
      const counted = new Set(summary.counts.map(criteriaKey));
      return (
        [...asked].every((key) => counted.has(key)) &&
        named.every((column) => summary.columns.includes(column)) &&
        countsDaysOf(summary, plan)
      );
    })
    .toSorted((a, b) => a.columns.length - b.columns.length)[0];
}

/** Times are those that rows began at, and cut at the midnights of the summary's zone. */
function countsDaysOf({ began, timeZone }: Summary, { groups, period, timeZone: asked }: ReportPlan): boolean {
  const cuts = groups.filter(({ grain }) => grain !== null);
  if (cuts.some(({ column, grain }) => column !== began || grain === "hour" || asked !== timeZone)) return false;
  if (period === null) return true;
  return period.column === began && [period.from, period.to].every((time) => isMidnight(Date.parse(time), timeZone));
}

function isMidnight(time: number, timeZone: string): boolean {
  return startOfBucket(bucketOf(time, "day", timeZone), "day", timeZone) === time;
}

/** Which of its counts is the one with this condition. */
export function countOf({ counts }: Summary, where = everything): number {
  const key = criteriaKey(where);
  return counts.findIndex((criteria) => criteriaKey(criteria) === key);
}
