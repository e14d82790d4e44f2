import { expect, test } from "vitest";
import { workScheduleSchema } from "./work-calendar.ts";

const nineToSix = [{ from: 540, to: 1_080 }];
const week = [nineToSix, nineToSix, nineToSix, nineToSix, nineToSix, [], []];

test("a schedule has seven days and local exceptions", () => {
  const schedule = { timeZone: "Europe/Moscow", week, exceptions: { "2026-01-01": [] } };
  expect(workScheduleSchema.parse(schedule)).toEqual(schedule);
});

test.each([
  ["six days", { week: week.slice(1), exceptions: {} }],
  ["work that ends before it begins", { week: [[{ from: 600, to: 540 }], ...week.slice(1)], exceptions: {} }],
  ["work past midnight", { week: [[{ from: 1_200, to: 1_500 }], ...week.slice(1)], exceptions: {} }],
  ["an exception on no day", { week, exceptions: { "2026-02-30": [] } }],
])("refuses %s", (_, schedule) => {
  expect(workScheduleSchema.safeParse({ timeZone: "UTC", ...schedule }).success).toBe(false);
});
