import { expect, test } from "vitest";
import { bonusOn } from "./bonus-formula.ts";

const steps = [
  { from: "10000", percent: "7.5" },
  { from: "1000", percent: "5" },
];

test.each([
  ["999.99", "0.00"],
  ["1000", "50.00"],
  ["9999.99", "500.00"],
  ["10000.00", "750.00"],
])("a sum of %s brings %s", (sum, expected) => {
  expect(bonusOn(sum, { steps })).toBe(expected);
});

test("brings no more than the cap", () => {
  expect(bonusOn("1000000", { steps, cap: "900.50" })).toBe("900.50");
  expect(bonusOn("1000", { steps, cap: "900.50" })).toBe("50.00");
});
