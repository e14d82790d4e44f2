import { CrmError } from "@crmessenger/kernel";
import type { Attributes } from "@crmessenger/kernel/infrastructure";
import { type BonusFormula, bonusOn } from "./bonus-formula.ts";
import { isDecimal } from "./decimal.ts";

export interface BonusFields {
  /** The custom field that holds the sum. */
  readonly sum: string;
  /** The custom field that the bonus is written to. */
  readonly bonus: string;
}

/**
 * The record with its bonus, computed from its sum. A record without a sum has no bonus. A sum that is no decimal number
 * is `CRM_BONUS_SUM` (422): the record is not stored.
 */
export function withBonus<R extends { readonly attributes: Attributes }>(
  record: R,
  fields: BonusFields,
  formula: BonusFormula,
): R {
  const { [fields.bonus]: before, ...others } = record.attributes;
  const sum = others[fields.sum];
  if (sum === undefined || sum === null) return before === undefined ? record : { ...record, attributes: others };
  if (!isDecimal(sum)) throw noSum(fields.sum, sum);
  const after = bonusOn(sum, formula);
  return after === before ? record : { ...record, attributes: { ...others, [fields.bonus]: after } };
}

function noSum(field: string, value: unknown): CrmError {
  return new CrmError(
    "CRM_BONUS_SUM",
    `The field "${field}" holds ${JSON.stringify(value)}. Write a sum as decimal text, such as "1999.90".`,
    { status: 422, details: { field } },
  );
}
