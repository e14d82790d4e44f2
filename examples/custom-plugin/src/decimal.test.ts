import fc from "fast-check";
import { expect, test } from "vitest";
import { formatDecimal, formatMoney, isDecimal, parseDecimal, percentOf } from "./decimal.ts";

test.each([
  ["1200.00", "5", "60.00"],
  ["0.10", "10", "0.01"],
  ["19.99", "7.5", "1.50"],
  ["999999999999999.9999", "100", "1000000000000000.00"],
  ["0.05", "10", "0.01"],
  ["0.04", "10", "0.00"],
])("%s at %s %% is %s", (sum, percent, expected) => {
  expect(formatMoney(percentOf(parseDecimal(sum), parseDecimal(percent)))).toBe(expected);
});

test.each(["", "-1", "1,5", "1e3", "01", "1.", ".5", "1.23456", "NaN", 5, null])("%j is no decimal number", (value) => {
  expect(isDecimal(value)).toBe(false);
});

test("cents that go in come out", () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 10n ** 17n - 1n), (cents) => {
      const text = `${cents / 100n}.${String(cents % 100n).padStart(2, "0")}`;
      expect(formatMoney(parseDecimal(text))).toBe(text);
    }),
  );
});

test.each([
  ["1900", "1900.00"],
  ["0.5", "0.50"],
  ["1899.905", "1899.905"],
  ["0.0001", "0.0001"],
])("no digit of %s is lost", (text, written) => {
  expect(formatDecimal(parseDecimal(text))).toBe(written);
});
