import { type Decimal, formatMoney, parseDecimal, percentOf } from "./decimal.ts";

/** From a sum on, the percent of the whole sum that is paid. */
export interface BonusStep {
  readonly from: Decimal;
  readonly percent: Decimal;
}

export interface BonusFormula {
  readonly steps: readonly BonusStep[];
  /** The most that one sum brings. */
  readonly cap?: Decimal;
}

/** The bonus on a sum: the percent of the highest step that the sum reaches, and no more than the cap. */
export function bonusOn(sum: Decimal, { steps, cap }: BonusFormula): Decimal {
  const value = parseDecimal(sum);
  const reached = steps.filter(({ from }) => parseDecimal(from) <= value);
  const [highest] = reached.toSorted((a, b) => (parseDecimal(a.from) < parseDecimal(b.from) ? 1 : -1));
  const full = highest ? percentOf(value, parseDecimal(highest.percent)) : 0n;
  const limit = cap === undefined ? full : parseDecimal(cap);
  return formatMoney(full < limit ? full : limit);
}
