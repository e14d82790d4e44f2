import type { Attributes } from "@crmessenger/kernel/infrastructure";
import type { Deal, EntityChange } from "@crmessenger/kernel/sales";
import { type BonusFormula, bonusOn } from "./bonus-formula.ts";
import { formatDecimal, isDecimal, parseDecimal } from "./decimal.ts";

export interface Bonus {
  readonly formula: BonusFormula;
  /** The custom field that tells what was taken off. */
  readonly field: string;
}

/**
 * The deal with its bonus taken off its amount, and told in the custom field. Without an amount, with a negative one, or
 * with one that brings nothing it has no such field.
 */
export function withBonus<D extends Pick<Deal, "amount" | "attributes">>(deal: D, { formula, field }: Bonus): D {
  const { amount } = deal;
  const brought = amount !== null && isDecimal(amount.amount) ? bonusOn(amount.amount, formula) : "0.00";
  if (amount === null || parseDecimal(brought) === 0n)
    return { ...deal, attributes: replaced(deal.attributes, field, undefined) };
  const left = formatDecimal(parseDecimal(amount.amount) - parseDecimal(brought));
  return { ...deal, amount: { ...amount, amount: left }, attributes: replaced(deal.attributes, field, brought) };
}

/** A changed deal: an amount that stays has its bonus already, and nobody writes one by hand. */
export function withBonusOnce({ previous, next }: EntityChange<Deal>, bonus: Bonus): EntityChange<Deal> {
  const same = next.amount?.amount === previous.amount?.amount;
  if (!same) return { previous, next: withBonus(next, bonus) };
  const brought = previous.attributes[bonus.field];
  return { previous, next: { ...next, attributes: replaced(next.attributes, bonus.field, brought) } };
}

function replaced(attributes: Attributes, field: string, value: Attributes[string] | undefined): Attributes {
  const { [field]: _, ...others } = attributes;
  return value === undefined ? others : { ...others, [field]: value };
}
