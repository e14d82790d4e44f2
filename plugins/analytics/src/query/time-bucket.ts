import type { ReportPeriod, ReportQuery, TimeGrain } from "@crmessenger/kernel/analytics";
import { fromLocal, toLocal } from "./time-zone.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** The epoch was a Thursday. */
const TO_MONDAY = 3;

/** Which hour, day, week … a moment is in, counted from any fixed one. */
export function bucketOf(time: number, grain: TimeGrain, timeZone: string): number {
  const local = toLocal(time, timeZone);
  const date = new Date(local);
  switch (grain) {
    case "hour":
      // The two hours of a clock that was put back are two: hours are counted by real time.
      return (time - (((local % HOUR) + HOUR) % HOUR)) / HOUR;
    case "day":
      return Math.floor(local / DAY);
    case "week":
      return Math.floor((Math.floor(local / DAY) + TO_MONDAY) / 7);
    case "month":
      return date.getUTCFullYear() * 12 + date.getUTCMonth();
    case "quarter":
      return date.getUTCFullYear() * 4 + Math.floor(date.getUTCMonth() / 3);
    case "year":
      return date.getUTCFullYear();
  }
}

/** When it begins. */
export function startOfBucket(bucket: number, grain: TimeGrain, timeZone: string): number {
  switch (grain) {
    case "hour":
      return bucket * HOUR;
    case "day":
      return fromLocal(bucket * DAY, timeZone);
    case "week":
      return fromLocal((bucket * 7 - TO_MONDAY) * DAY, timeZone);
    case "month":
      return fromLocal(startOfMonth(Math.floor(bucket / 12), bucket % 12), timeZone);
    case "quarter":
      return fromLocal(startOfMonth(Math.floor(bucket / 4), (bucket % 4) * 3), timeZone);
    case "year":
      return fromLocal(startOfMonth(bucket, 0), timeZone);
  }
}

function startOfMonth(year: number, month: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month, 1);
  return date.getTime();
}

/** The period that another one is compared with, by the wall clock. */
export function comparedPeriod(
  { from, to }: ReportPeriod,
  comparison: NonNullable<ReportQuery["comparison"]>,
  timeZone: string,
): ReportPeriod {
  const [begin, end] = [from, to].map((time) => toLocal(Date.parse(time), timeZone)) as [number, number];
  const shift = comparison === "previous-year" ? yearBefore : (local: number) => local - (end - begin);
  const at = (local: number) => new Date(fromLocal(local, timeZone)).toISOString();
  return { from: at(shift(begin)), to: comparison === "previous-period" ? from : at(shift(end)) };
}

/** The 29th of February has no other: its eve takes its place. */
function yearBefore(local: number): number {
  const date = new Date(local);
  const before = new Date(local);
  before.setUTCFullYear(date.getUTCFullYear() - 1);
  if (before.getUTCMonth() !== date.getUTCMonth()) before.setUTCDate(0);
  return before.getTime();
}
