import type { FieldType } from "@crmessenger/kernel/extensibility";
import type { Json } from "@crmessenger/kernel/infrastructure";
import { expect, test } from "vitest";
import { attributeIn, columnsOf } from "./field-column.ts";

const kept = (type: FieldType, value: Json) =>
  columnsOf({ name: "field", label: "Field", type }).map(({ name }) => attributeIn(name, { field: value }));

const options = [{ value: "red", label: "Red" }];

test.each<[string, FieldType, Json, Json[]]>([
  ["text", { kind: "text" }, "Volvo", ["Volvo"]],
  ["a number", { kind: "number" }, 7.5, [7.5]],
  ["a number that was text before the type changed", { kind: "number" }, "7", [null]],
  ["a boolean", { kind: "boolean" }, false, [false]],
  ["a date", { kind: "date" }, "2024-02-29", ["2024-02-29"]],
  ["a date that there never was", { kind: "date" }, "2023-02-29", [null]],
  ["a time", { kind: "date-time" }, "2024-02-29T10:00:00.000Z", ["2024-02-29T10:00:00.000Z"]],
  ["a time in another zone", { kind: "date-time" }, "2024-02-29T10:00:00+01:00", [null]],
  ["money", { kind: "money" }, { amount: "0100.50", currency: "EUR" }, ["100.5", "EUR"]],
  ["money owed", { kind: "money" }, { amount: "-0.00", currency: "EUR" }, ["0", "EUR"]],
  ["money that is none", { kind: "money" }, "100", [null, null]],
  ["a choice", { kind: "choice", options }, "red", ["red"]],
  ["several choices", { kind: "choices", options }, ["red", "blue"], ["red, blue"]],
  ["a computed number", { kind: "computed", formula: "f", result: "number" }, 3, [3]],
  ["nothing", { kind: "text" }, null, [null]],
])("%s", (_, type, value, expected) => {
  expect(kept(type, value)).toEqual(expected);
});

test("what an entity lacks is null", () => {
  expect(attributeIn("t_car", {})).toBe(null);
});
