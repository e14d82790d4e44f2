import type { MetricFormula, ReportPlan } from "@crmessenger/kernel/analytics";
import { fieldsIn } from "../query/rewrite-criteria.ts";

type Asked = Pick<ReportPlan, "criteria" | "period" | "groups"> & Partial<Pick<ReportPlan, "metrics">>;

/** Every column that a plan reads. */
export function columnsIn({ criteria, period, groups, metrics = [] }: Asked): readonly string[] {
  return [
    ...fieldsIn(criteria),
    ...(period ? [period.column] : []),
    ...groups.map(({ column }) => column),
    ...metrics.flatMap(({ formula }) => columnsOfFormula(formula)),
  ];
}

function columnsOfFormula(formula: MetricFormula): readonly string[] {
  if (formula.kind === "ratio") return [...columnsOfFormula(formula.of), ...columnsOfFormula(formula.over)];
  const where = formula.where ? fieldsIn(formula.where) : [];
  return formula.kind === "count" ? where : [formula.column, ...where];
}
