import type { AsyncSeriesBailHook, AsyncSeriesWaterfallHook } from "tapable";
import type { CrmError } from "../errors/crm-error.ts";
import type { DeadlineEntry, Deadlines } from "./deadlines.ts";
import { hookDeadline, hookFailure } from "./hook-failure.ts";
import type { Tap } from "./tap.ts";

/** One call on its way through the taps. It is what tapable passes along, so that calls share no state. */
export interface Frame<I> {
  value: I;
  /** The tap that has the turn, for the blame. */
  current: Tap | undefined;
  allows: number;
}

type Callback = (error: CrmError | null, result?: unknown) => void;
type TapableHook = AsyncSeriesBailHook<[unknown], unknown> | AsyncSeriesWaterfallHook<[unknown]>;

/** Adds a tap to tapable with the tap's name on its failures. A tap that answers at once costs no promise. */
export function addTap<I>(hook: TapableHook, point: string, tap: Tap<(value: I) => unknown>, settle: (frame: Frame<I>, answer: unknown) => unknown) {
  hook.tapAsync(tap.plugin, (raw: unknown, callback: Callback) => {
    const frame = raw as Frame<I>;
    frame.current = tap as Tap;
    let answer: unknown;
    try {
      answer = tap.run(frame.value);
      if (!isThenable(answer)) answer = settle(frame, answer);
    } catch (error) {
      callback(hookFailure(tap.plugin, point, error));
      return;
    }
    if (!isThenable(answer)) {
      callback(null, answer);
      return;
    }
    answer.then(
      (late) => callback(null, settle(frame, late)),
      (error: unknown) => callback(hookFailure(tap.plugin, point, error)),
    );
  });
}

/** Runs a tapable series hook for one frame. A call that is still running when its deadline passes is given up. */
export function runSeries<I>(hook: TapableHook, point: string, frame: Frame<I>, limits: { deadlines: Deadlines; deadlineMs: number }) {
  return new Promise<unknown>((resolve, reject) => {
    let entry: DeadlineEntry | undefined;
    let done = false;
    const finish = (error: unknown, result?: unknown) => {
      if (done) return;
      done = true;
      if (entry) limits.deadlines.delete(entry);
      if (error) reject(error as Error);
      else resolve(result);
    };
    (hook as AsyncSeriesBailHook<[unknown], unknown>).callAsync(frame, finish);
    if (done) return;
    entry = {
      expiresAt: performance.now() + limits.deadlineMs,
      expire: () => finish(hookDeadline(frame.current?.plugin ?? "unknown", point, frame.current?.deadlineMs ?? limits.deadlineMs)),
    };
    limits.deadlines.add(entry);
  });
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}
