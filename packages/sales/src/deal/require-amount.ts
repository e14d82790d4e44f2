import { CrmError } from "@crmessenger/kernel";
import { type Deal, type Pipeline, moneySchema } from "@crmessenger/kernel/sales";

/** Passes when the deal's amount is one of its pipeline's; otherwise `CRM_SALES_AMOUNT` (422), whoever put it there. */
export function requireAmount({ amount }: Pick<Deal, "amount">, pipeline: Pipeline): void {
  if (amount === null) return;
  if (amount.currency === pipeline.currency && moneySchema.safeParse(amount).success) return;
  throw new CrmError(
    "CRM_SALES_AMOUNT",
    `The amount of a deal in "${pipeline.name}" is in ${pipeline.currency}, as decimal text such as 1999.90: ${JSON.stringify(amount)} is not.`,
    { status: 422, details: { pipelineId: pipeline.id, currency: pipeline.currency } },
  );
}
