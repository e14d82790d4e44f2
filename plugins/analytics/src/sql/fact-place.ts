import type { FactColumns } from "../store/fact-table.ts";
import type { Summary } from "../summary/summary-table.ts";

/** Where a fact's rows are, or the counts of them that stand for the rows. */
export interface FactPlace {
  readonly table: string;
  readonly columns: FactColumns;
  readonly tenantId: string;
  readonly summary?: Summary;
}
