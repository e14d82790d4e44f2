import type { AsyncSeriesBailHook, AsyncSeriesWaterfallHook } from "tapable";
import type { CrmError } from "../errors/crm-error.ts";
import type { Deadline, Deadlines } from "./deadlines.ts";
import { hookDeadline, hookFailure } from "./hook-failure.ts";
import type { HookKind } from "./hook-point.ts";
import type { Tap } from "./tap.ts";
import { currentTrace } from "./trace.ts";

type Callback = (error: CrmError | null, result?: unknown) => void;
type TapableHook = AsyncSeriesBailHook<[unknown], unknown> | AsyncSeriesWaterfallHook<[unknown]>;

/**
 * One call on its way through the taps. tapable passes it along in the place of the value, so that calls share no
 * state; it is its own deadline, so that a call costs one object.
 */
export class Frame<I> implements Deadline {
  value: I;
  /** The tap that has the turn, for the blame. */
  current: Tap | undefined = undefined;
  allows = 0;
  expiresAt = 0;
  previous: Deadline | undefined = undefined;
  next: Deadline | undefined = undefined;
  /** Set while the call runs. */
  reject: ((error: unknown) => void) | undefined = undefined;
  readonly #point: string;

  constructor(point: string, value: I) {
    this.#point = point;
    this.value = value;
  }

  get isRunning(): boolean {
    return this.reject !== undefined;
  }

  expire(): void {
    const { reject } = this;
    this.reject = undefined;
    reject?.(hookDeadline(this.current?.plugin ?? "unknown", this.#point, this.current?.deadlineMs ?? 0));
  }
}

/** Adds a tap to tapable with the tap's name on its failures. A tap that answers at once costs no promise. */
export function addTap<I>(
  hook: TapableHook,
  point: { readonly name: string; readonly kind: HookKind; readonly deadlines: Deadlines },
  tap: Tap<(value: I) => unknown>,
  settle: (frame: Frame<I>, answer: unknown) => unknown,
) {
  const { deadlines } = point;
  hook.tapAsync(tap.plugin, (raw: unknown, callback: Callback) => {
    const frame = raw as Frame<I>;
    frame.current = tap as Tap;
    deadlines.renew(frame, tap.deadlineMs);
    const step = currentTrace()?.begin(point.name, point.kind, tap as Tap, frame.value);
    const fail = (error: unknown) => {
      step?.failed(error);
      callback(hookFailure(tap.plugin, point.name, error));
    };
    const pass = (answer: unknown) => {
      const settled = settle(frame, answer);
      step?.answered(answer, frame.value);
      callback(null, settled);
    };
    let answer: unknown;
    try {
      answer = tap.run(frame.value);
    } catch (error) {
      return fail(error);
    }
    if (!isThenable(answer)) return pass(answer);
    answer.then((late) => {
      if (frame.isRunning) pass(late); // a call that was given up goes no further
    }, fail);
  });
}

/**
 * Runs a tapable series hook for one frame and answers what `conclude` makes of its end. A call is given up when the
 * deadline of the tap that has the turn passes.
 */
export function runSeries<I, R>(
  hook: TapableHook,
  frame: Frame<I>,
  deadlines: Deadlines,
  conclude: (frame: Frame<I>, result: unknown) => R,
): Promise<R> {
  return new Promise<R>((resolve, reject) => {
    frame.reject = reject;
    (hook as AsyncSeriesBailHook<[unknown], unknown>).callAsync(frame, (error: unknown, result: unknown) => {
      if (!frame.reject) return;
      frame.reject = undefined;
      deadlines.delete(frame);
      if (error) reject(error as Error);
      else resolve(conclude(frame, result));
    });
    if (frame.isRunning) deadlines.link(frame);
  });
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}
