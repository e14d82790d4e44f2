/** Where in the order a tap runs. */
export type Stage = "first" | "early" | "normal" | "late" | "last";

export const STAGES: readonly Stage[] = ["first", "early", "normal", "late", "last"];

export interface TapOptions {
  /** Default `normal`. */
  readonly stage?: Stage;
  /** Plugin ids whose taps of the same point must run later. An id that taps nothing here is a boot error. */
  readonly before?: readonly string[];
  /** Plugin ids whose taps of the same point must run earlier. */
  readonly after?: readonly string[];
  /** Milliseconds this tap may take in one call; an around tap, before and after what it wraps. Default 5 000. */
  readonly deadlineMs?: number;
}

/** One plugin's tap of one point. */
export interface Tap<F = (...args: never[]) => unknown> {
  readonly plugin: string;
  readonly run: F;
  readonly stage: Stage;
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly deadlineMs: number;
}

export const DEFAULT_TAP_DEADLINE_MS = 5_000;
