import type { Clock } from "@crmessenger/kernel/infrastructure";

/** A clock that stands still until a test moves it. */
export interface TestClock extends Clock {
  /**
   * Moves time forward. Timers and sleeps that fall due on the way run in order, each at its own time; what they
   * set off gets to run before the next, and may set timers of its own.
   */
  advance(milliseconds: number): Promise<void>;
  /**
   * Sets the time by which records are dated forward or back, as a time server or a suspended host does. What waits goes
   * on waiting for as long as it still had to.
   */
  jump(milliseconds: number): void;
  /** Lets everything run that waits for no time and no I/O. */
  settle(): Promise<void>;
  /** Timers and sleeps that are still to come. */
  readonly pending: number;
}

interface Timer {
  at: number;
  readonly run: () => void;
}

/** 2026-01-05T09:00:00.000Z, a Monday morning. */
export const TEST_EPOCH = Date.UTC(2026, 0, 5, 9);

/** A test clock that begins at `start`, in milliseconds since the Unix epoch. */
export function createTestClock(start: number = TEST_EPOCH): TestClock {
  let time = start;
  const timers = new Set<Timer>();
  const add = (milliseconds: number, run: () => void): Timer => {
    const timer = { at: time + Math.max(0, milliseconds), run };
    timers.add(timer);
    return timer;
  };
  const fire = (timer: Timer) => {
    timers.delete(timer);
    time = Math.max(time, timer.at);
    timer.run();
  };
  const clock: TestClock = {
    now: () => time,
    schedule(milliseconds, run) {
      const timer = add(milliseconds, run);
      return () => void timers.delete(timer);
    },
    sleep: (milliseconds, signal) => sleep(add, (timer) => void timers.delete(timer), { milliseconds, signal }),
    async advance(milliseconds) {
      const until = time + milliseconds;
      await settle();
      for (let due = earliest(timers, until); due; due = earliest(timers, until)) {
        fire(due);
        await settle();
      }
      time = Math.max(time, until);
    },
    jump(milliseconds) {
      time += milliseconds;
      for (const timer of timers) timer.at += milliseconds;
    },
    settle,
    get pending() {
      return timers.size;
    },
  };
  return clock;
}

/** The first timer that falls due by `until`; of several at one time the one that was set first. */
function earliest(timers: ReadonlySet<Timer>, until: number): Timer | undefined {
  let first: Timer | undefined;
  for (const timer of timers) {
    if (timer.at <= until && (!first || timer.at < first.at)) first = timer;
  }
  return first;
}

function sleep(
  add: (milliseconds: number, run: () => void) => Timer,
  remove: (timer: Timer) => void,
  { milliseconds, signal }: { milliseconds: number; signal: AbortSignal | undefined },
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const timer = add(milliseconds, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    const onAbort = () => {
      remove(timer);
      reject(signal?.reason as Error);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

const TURNS = 3;

/** A turn of the event loop comes after every promise that could settle; a few of them let streams and ports speak. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
