import type { Clock } from "@crmessenger/kernel/infrastructure";
import { rpcTrouble } from "./rpc-trouble.ts";

const FIRST_PAUSE_MS = 250;
const MAX_PAUSE_MS = 10_000;
const MAX_FAILURES = 5;

/**
 * Asks until Telegram answers: waits as long as it says, and repeats after its own failures. For requests that may be
 * repeated. Rejects with everything else, and when the signal aborts.
 */
export async function patiently<T>(clock: Clock, signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
  for (let failures = 0; ; failures += 1) {
    signal.throwIfAborted();
    try {
      return await ask();
    } catch (error) {
      const trouble = rpcTrouble(error);
      const again = trouble.kind === "wait" || trouble.kind === "not-tried" || isServerFailure(error);
      if (!again || failures >= MAX_FAILURES) throw error;
      const pause =
        trouble.kind === "wait" ? trouble.seconds * 1000 : Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures);
      await clock.sleep(pause, signal);
    }
  }
}

/** Telegram failed, as opposed to the connection, on which there is nothing to ask any more. */
function isServerFailure(error: unknown): boolean {
  return (
    rpcTrouble(error).kind === "unknown" &&
    error instanceof Error &&
    error.name !== "CrmError" &&
    "errorMessage" in error
  );
}
