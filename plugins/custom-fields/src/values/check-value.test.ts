import type { FieldType } from "@crmessenger/kernel/extensibility";
import type { Json } from "@crmessenger/kernel/infrastructure";
import { expect, test } from "vitest";
import { checkValue } from "./check-value.ts";
import { convertValue } from "./convert-value.ts";

const options = [
  { value: "s", label: "Small" },
  { value: "l", label: "Large" },
  { value: "old", label: "Old", archived: true },
];
const choice: FieldType = { kind: "choice", options };
const choices: FieldType = { kind: "choices", options };
const euros: FieldType = { kind: "money", currencies: ["EUR"] };

test.each<[FieldType, Json, Json]>([
  [{ kind: "text", pattern: "^A" }, "Ab", "Ab"],
  [{ kind: "long-text" }, "x".repeat(60_000), "x".repeat(60_000)],
  [{ kind: "number", min: 0, max: 1 }, 0.5, 0.5],
  [{ kind: "boolean" }, false, false],
  [euros, { currency: "EUR", amount: "10.50" }, { amount: "10.50", currency: "EUR" }],
  [{ kind: "date" }, "2028-02-29", "2028-02-29"],
  [{ kind: "date-time" }, "2026-01-31T12:00:00.5Z", "2026-01-31T12:00:00.500Z"],
  [{ kind: "phone" }, "+7 (921) 123-45-67", "+79211234567"],
  [{ kind: "email" }, "A@b.org", "a@b.org"],
  [{ kind: "url" }, "HTTPS://Example.com/a b", "https://example.com/a%20b"],
  [choice, "s", "s"],
  [choices, ["l", "s"], ["l", "s"]],
  [{ kind: "reference", entity: "contact" }, "id", "id"],
])("takes for %o %o and keeps %o", (type, value, kept) => {
  expect(checkValue(type, value)).toEqual({ value: kept });
});

test.each<[FieldType, Json]>([
  [{ kind: "text", pattern: "^A" }, "b"],
  [{ kind: "text" }, "x".repeat(501)],
  [{ kind: "text" }, 5],
  [{ kind: "number" }, "5"],
  [{ kind: "number", integer: true }, 0.5],
  [{ kind: "boolean" }, "true"],
  [euros, { amount: "10.50", currency: "USD" }],
  [euros, { amount: "1e3", currency: "EUR" }],
  [{ kind: "date" }, "2026-02-29"],
  [{ kind: "date-time" }, "2026-01-31"],
  [{ kind: "phone" }, "123"],
  [{ kind: "email" }, "nobody"],
  [{ kind: "url" }, "javascript:alert(1)"],
  [choice, "old"],
  [choices, ["s", "s"]],
  [choices, "s"],
  [{ kind: "computed", formula: "f", result: "text" }, "x"],
])("refuses for %o %o", (type, value) => {
  expect(checkValue(type, value)).toEqual({ problem: expect.any(String) });
});

test("an option that was archived stays where it is", () => {
  expect(checkValue(choice, "old", "old")).toEqual({ value: "old" });
  expect(checkValue(choices, ["old", "s"], ["old"])).toEqual({ value: ["old", "s"] });
});

test.each<[Json, FieldType, Json]>([
  [42, { kind: "text" }, "42"],
  [["s", "l"], { kind: "text" }, "s, l"],
  [{ amount: "10.50", currency: "EUR" }, { kind: "text" }, "10.50 EUR"],
  [" 10.5 ", { kind: "number" }, 10.5],
  [{ amount: "10.50", currency: "EUR" }, { kind: "number" }, 10.5],
  ["true", { kind: "boolean" }, true],
  [0, { kind: "boolean" }, false],
  ["10.50 EUR", euros, { amount: "10.50", currency: "EUR" }],
  [10, euros, { amount: "10", currency: "EUR" }],
  ["2026-01-31T12:00:00.000Z", { kind: "date" }, "2026-01-31"],
  ["2026-01-31", { kind: "date-time" }, "2026-01-31T00:00:00.000Z"],
  ["small", choice, "s"],
  ["Small, l", choices, ["s", "l"]],
  ["s", choices, ["s"]],
  ["+371 2000 0000", { kind: "phone" }, "+37120000000"],
])("converts %o to %o as %o", (value, type, converted) => {
  expect(convertValue(value, type)).toEqual({ value: converted });
});

test.each<[Json, FieldType]>([
  ["large", { kind: "number" }],
  ["yes", { kind: "boolean" }],
  ["10", { kind: "money" }],
  ["soon", { kind: "date" }],
  ["medium", choice],
  ["s, medium", choices],
  [{ amount: "10.50", currency: "EUR" }, { kind: "date" }],
  [5, { kind: "email" }],
])("finds no meaning of %o as %o", (value, type) => {
  expect(convertValue(value, type)).toEqual({ problem: expect.any(String) });
});
