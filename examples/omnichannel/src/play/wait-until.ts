import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 4;

/** It did not happen in time. */
export class TooLate extends Error {
  override readonly name = "TooLate";
}

/** Resolves with the first answer of `probe` that is neither undefined nor false; rejects with `TooLate` after the deadline. */
export async function waitUntil<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  deadlineMs: number,
  pollMs = POLL_MS,
): Promise<T> {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const answer = await probe();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > end) throw new TooLate(`${what} did not happen within ${Math.round(deadlineMs / 1000)} s.`);
    await sleep(pollMs);
  }
}
