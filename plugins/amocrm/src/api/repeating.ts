import { isCrmError } from "@crmessenger/kernel";
import type { Clock } from "@crmessenger/kernel/infrastructure";

/** Waits before an attempt is repeated, in milliseconds. */
const PAUSES_MS = [100, 300, 900];

/** Failures of the moment: the network's, amoCRM's own, and its wish to be asked later. */
const MOMENTARY = new Set([
  "CRM_HTTP_UNREACHABLE",
  "CRM_HTTP_TIMEOUT",
  "CRM_HTTP_INTERRUPTED",
  "CRM_AMOCRM_UNAVAILABLE",
  "CRM_AMOCRM_RATE_LIMITED",
]);

/** Whether a request may be repeated after this failure; a creation only when it surely had no effect. */
export type MayRepeat = (error: {
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;
}) => boolean;

/** For requests that may be carried out twice without harm. */
export const always: MayRepeat = () => true;

/** For requests that create something. */
export const ifWithoutEffect: MayRepeat = ({ code, details }) =>
  details["outcome"] === "not-sent" || code === "CRM_AMOCRM_RATE_LIMITED";

/** Makes an attempt, and a few more after failures of the moment. A job of many steps would else start all over. */
export async function repeating<T>(clock: Clock, mayRepeat: MayRepeat, attempt: () => Promise<T>): Promise<T> {
  for (const pauseMs of PAUSES_MS) {
    try {
      return await attempt();
    } catch (error) {
      if (!isCrmError(error) || !MOMENTARY.has(error.code) || !mayRepeat(error)) throw error;
      await clock.sleep(pauseMs);
    }
  }
  return attempt();
}
