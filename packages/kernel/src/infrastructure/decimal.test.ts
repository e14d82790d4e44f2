import fc from "fast-check";
import { expect, test } from "vitest";
import { compareDecimal, isDecimal } from "./decimal.ts";

const decimal = fc
  .tuple(
    fc.boolean(),
    fc.bigInt({ min: 0n, max: 10n ** 30n - 1n }),
    fc.option(fc.stringMatching(/^\d{1,20}$/), { nil: null }),
  )
  .map(([negative, whole, fraction]) => `${negative ? "-" : ""}${whole}${fraction === null ? "" : `.${fraction}`}`);

test.each(["0", "-5", "1999.90", "007", `${"9".repeat(30)}.${"9".repeat(20)}`])("%s is a decimal number", (text) => {
  expect(isDecimal(text)).toBe(true);
});

test.each(["", "-", ".5", "5.", "1e3", "+1", " 1", "1 ", "1,5", "NaN", "0x1", "1".repeat(31)])(
  '"%s" is none',
  (text) => {
    expect(isDecimal(text)).toBe(false);
  },
);

test.each([
  ["1999.90", 1999.9, 0],
  ["0.1", 0.1, 0],
  ["0.10000000000000000001", 0.1, 1],
  ["-0", 0, 0],
  ["9007199254740993", 9007199254740992, 1],
  ["1", 1e21, -1],
  ["0.0000001", 1e-7, 0],
  ["1", Infinity, -1],
  ["1", -Infinity, 1],
])("%s beside %d", (text, value, sign) => {
  expect(compareDecimal(text, value)).toBe(sign);
});

test("the order is one of the numbers", () => {
  fc.assert(
    fc.property(decimal, fc.integer(), (text, value) => {
      expect(compareDecimal(text, value)).toBe(compareDecimal(text, String(value)));
      expect(compareDecimal(String(value), text)).toBe(-compareDecimal(text, value) + 0);
      expect(Math.sign(Number(text) - value)).toBe(compareDecimal(text, value) + 0);
    }),
  );
});
