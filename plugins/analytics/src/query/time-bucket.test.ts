import fc from "fast-check";
import { DateTime } from "luxon";
import { expect, test } from "vitest";
import { bucketOf, comparedPeriod, startOfBucket } from "./time-bucket.ts";
import { isTimeZone } from "./time-zone.ts";

const GRAINS = ["hour", "day", "week", "month", "quarter", "year"] as const;
const ZONES = ["UTC", "Europe/Berlin", "America/Sao_Paulo", "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns"];

test("buckets begin where calendars say, in every zone", () => {
  const time = fc.date({ min: new Date("2010-01-01"), max: new Date("2030-01-01"), noInvalidDate: true });
  fc.assert(
    fc.property(time, fc.constantFrom(...ZONES), fc.constantFrom(...GRAINS), (date, zone, grain) => {
      const local = DateTime.fromJSDate(date, { zone });
      const start = startOfBucket(bucketOf(date.getTime(), grain, zone), grain, zone);
      // Luxon may move to the other of two equal hours, so hours are cut by minutes.
      const { minute: minutes, second: seconds, millisecond: milliseconds } = local;
      const expected = grain === "hour" ? local.minus({ minutes, seconds, milliseconds }) : local.startOf(grain);
      expect(new Date(start).toISOString()).toBe(expected.toUTC().toISO());
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  [
    "a week, over a change of clocks",
    "previous-period",
    "2025-03-30T22:00:00.000Z/2025-04-06T22:00:00.000Z",
    "2025-03-23T23:00:00.000Z/2025-03-30T22:00:00.000Z",
  ],
  [
    "a year before",
    "previous-year",
    "2025-03-30T22:00:00.000Z/2025-04-06T22:00:00.000Z",
    "2024-03-30T23:00:00.000Z/2024-04-06T22:00:00.000Z",
  ],
  [
    "a leap day",
    "previous-year",
    "2024-02-28T23:00:00.000Z/2024-02-29T23:00:00.000Z",
    "2023-02-27T23:00:00.000Z/2023-02-28T23:00:00.000Z",
  ],
] as const)("%s is compared with the same by the wall clock", (_, comparison, period, expected) => {
  const [from = "", to = ""] = period.split("/");
  const { from: begin, to: end } = comparedPeriod({ from, to }, comparison, "Europe/Berlin");
  expect(`${begin}/${end}`).toBe(expected);
});

test.each([
  ["Europe/Berlin", true],
  ["UTC", true],
  ["America/Argentina/Buenos_Aires", true],
  ["Mars/Olympus", false],
  ["+02:00", false],
  ["'; drop table leads", false],
])("%s is a time zone: %s", (name, is) => {
  expect(isTimeZone(name)).toBe(is);
});
