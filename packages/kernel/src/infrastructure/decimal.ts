const DECIMAL = /^-?\d{1,30}(?:\.\d{1,20})?$/;

/** Whether a text is a decimal number, such as an amount of money: no exponent, at most 30 digits before the point and 20 after it. */
export function isDecimal(text: string): boolean {
  return DECIMAL.test(text);
}

/** A decimal number in text beside another one or a number: -1, 0 or 1, exact to the last digit. */
export function compareDecimal(text: string, value: string | number): number {
  if (typeof value === "number" && !Number.isFinite(value)) return value === Infinity ? -1 : 1;
  const [a, b] = [scaled(text), scaled(String(value))];
  const scale = Math.max(a.scale, b.scale);
  const difference = a.digits * 10n ** BigInt(scale - a.scale) - b.digits * 10n ** BigInt(scale - b.scale);
  return difference === 0n ? 0 : difference > 0n ? 1 : -1;
}

/** What a number is written as, an exponent included: digits and how many of them stand after the point. */
function scaled(text: string): { readonly digits: bigint; readonly scale: number } {
  const [mantissa = "", exponent = "0"] = text.split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  const scale = fraction.length - Number(exponent);
  const digits = BigInt(whole + fraction);
  return scale >= 0 ? { digits, scale } : { digits: digits * 10n ** BigInt(-scale), scale: 0 };
}
