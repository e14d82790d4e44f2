/** Where the sandbox takes its time from. Tests pass one they can move by hand. */
export interface SandboxClock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
}

/** The machine's own clock. */
export const systemClock: SandboxClock = { now: () => Date.now() };
