import { type Clock, systemClock } from "@crmessenger/kernel/infrastructure";

/** The machine's clock, whose time of day can be set. */
export interface JumpingClock extends Clock {
  /**
   * Sets the time of day forward or back, as a time server or an operator does. Sleeps and timers go on for as long as
   * they still had to, since machines measure them otherwise.
   */
  jump(milliseconds: number): void;
  /** Sets it right. */
  reset(): void;
}

export function createJumpingClock(): JumpingClock {
  let ahead = 0;
  return {
    ...systemClock,
    now: () => systemClock.now() + ahead,
    jump: (milliseconds) => void (ahead += milliseconds),
    reset: () => void (ahead = 0),
  };
}
