import { z } from "zod";

/** A decimal number as text, such as `1999.90`: never a float, which can't hold 0.1. */
export type Decimal = string;

const PATTERN = /^(0|[1-9]\d{0,14})(\.\d{1,4})?$/;
/** Digits after the point that are computed with. */
const SCALE = 4;
const ONE = 10n ** BigInt(SCALE);

/** Not negative, up to 15 digits before the point and 4 after it. */
export const decimal = z.string().regex(PATTERN, "a decimal number as text, such as 1999.90");

export function isDecimal(value: unknown): value is Decimal {
  return typeof value === "string" && PATTERN.test(value);
}

/** Ten-thousandths. */
export function parseDecimal(text: Decimal): bigint {
  const [whole = "0", fraction = ""] = text.split(".", 2);
  return BigInt(whole) * ONE + BigInt(fraction.padEnd(SCALE, "0"));
}

/** With two digits after the point, as money is written; half a cent is rounded up. */
export function formatMoney(value: bigint): Decimal {
  const cents = (value + 50n) / 100n;
  return `${cents / 100n}.${String(cents % 100n).padStart(2, "0")}`;
}

/** Every digit of it, and two after the point at least. */
export function formatDecimal(value: bigint): Decimal {
  const fraction = String(value % ONE).padStart(SCALE, "0");
  return `${value / ONE}.${fraction.replace(/0{1,2}$/, "")}`;
}

/** `percent` hundredths of a value, both in ten-thousandths. What is below a ten-thousandth is cut off. */
export function percentOf(value: bigint, percent: bigint): bigint {
  return (value * percent) / (100n * ONE);
}
