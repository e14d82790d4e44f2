import type { Clock } from "@crmessenger/kernel/infrastructure";
import { busy } from "./errors.ts";

const MOMENT_MS = 500;
const COME_AGAIN_MS = 1_000;

/** Waits for a turn, but not for long: rejects with `CRM_AMOCRM_BUSY` when it takes more than a moment. */
export async function withinMoment<T>(clock: Clock, wait: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const giveUp = new AbortController();
  const cancel = clock.schedule(MOMENT_MS, () => giveUp.abort(busy(COME_AGAIN_MS)));
  try {
    return await wait(giveUp.signal);
  } finally {
    cancel();
  }
}
