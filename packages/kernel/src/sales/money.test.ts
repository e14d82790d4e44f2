import { expect, test } from "vitest";
import { moneySchema } from "./money.ts";

test.each(["0", "1999.90", "-5", "123456789012345.1234"])("an amount of %s is money", (amount) => {
  expect(moneySchema.parse({ amount, currency: "EUR" })).toEqual({ amount, currency: "EUR" });
});

test.each([1999.9, "1e3", "01", "1.", ".5", "1.23456", "1234567890123456", "NaN", " 1"])(
  "an amount of %j is not",
  (amount) => {
    expect(moneySchema.safeParse({ amount, currency: "EUR" }).success).toBe(false);
  },
);

test("a currency is an ISO 4217 code", () => {
  expect(moneySchema.safeParse({ amount: "1", currency: "eur" }).success).toBe(false);
});
