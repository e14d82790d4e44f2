import { z } from "zod";

/** An amount in one currency. Amounts of two currencies are never added or compared. */
export interface Money {
  /** A decimal number as text, such as `1999.90` or `-5`: up to 15 digits before the point and 4 after it, no exponent. */
  readonly amount: string;
  /** ISO 4217, such as `EUR`. */
  readonly currency: string;
}

export const currencySchema = z.string().regex(/^[A-Z]{3}$/, "an ISO 4217 code, such as EUR");

export const moneySchema: z.ZodType<Money> = z.strictObject({
  amount: z.string().regex(/^-?(0|[1-9]\d{0,14})(\.\d{1,4})?$/, "a decimal number as text, such as 1999.90"),
  currency: currencySchema,
});
