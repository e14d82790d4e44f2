import { z } from "zod";
import { contract } from "../contract.ts";
import type { Timestamp } from "../infrastructure/json.ts";

/** A stretch of a day, in minutes after midnight: `{ from: 540, to: 1080 }` is nine to six. `to` is exclusive. */
export interface WorkHours {
  readonly from: number;
  readonly to: number;
}

/** When somebody works, as data. */
export interface WorkSchedule {
  /** IANA, such as `Europe/Moscow`. Days and hours are local there, daylight saving included. */
  readonly timeZone: string;
  /** Seven days, Monday first; an empty day is free. */
  readonly week: readonly (readonly WorkHours[])[];
  /** Days that differ, by local date (`2026-01-01`); an empty list is a day off. */
  readonly exceptions: Readonly<Record<string, readonly WorkHours[]>>;
}

const hours: z.ZodType<WorkHours> = z
  .strictObject({ from: z.number().int().min(0).max(1439), to: z.number().int().min(1).max(1440) })
  .refine(({ from, to }) => from < to, "work ends after it begins");
const day = z.array(hours).max(10).readonly();

export const workScheduleSchema: z.ZodType<WorkSchedule> = z.strictObject({
  timeZone: z.string().min(1).max(64),
  week: z.array(day).length(7).readonly(),
  exceptions: z.record(z.iso.date(), day),
});

/** Whose calendar: a user's own, else that of the user's team, else the tenant's. */
export type CalendarHolder = { readonly userId: string } | { readonly teamId: string } | { readonly tenant: true };

/**
 * Working time. Where nobody set a schedule, it is Monday to Friday, nine to six, in the holder's time zone. No suite
 * verifies it yet.
 */
export interface WorkCalendar {
  scheduleOf(holder: CalendarHolder): Promise<WorkSchedule>;
  isWorkingTime(holder: CalendarHolder, at: Timestamp): Promise<boolean>;
  /**
   * The moment when `milliseconds` of working time have gone by since `from`; with 0, `from` itself or the next moment
   * of work. `CRM_CALENDAR_NO_WORK` (422) when the schedule has no work within two years.
   */
  addWorkingTime(holder: CalendarHolder, from: Timestamp, milliseconds: number): Promise<Timestamp>;
  /** Milliseconds of working time between two moments; 0 when `to` is not after `from`. */
  workingTimeBetween(holder: CalendarHolder, from: Timestamp, to: Timestamp): Promise<number>;
}

export const WorkCalendar = contract<WorkCalendar>("automation.work-calendar", 1);
