import type { DeliveryRetryStrategy } from "@crmessenger/kernel/extensibility";

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** So much is a delay lengthened or shortened at most, so that what failed together does not come back together. */
const JITTER = 0.1;

/** What Standard Webhooks recommends: ten attempts over some 75 hours, each delay up to a tenth longer or shorter. */
export const standardRetry = schedule(
  "standard",
  [
    5 * SECOND_MS,
    5 * MINUTE_MS,
    30 * MINUTE_MS,
    2 * HOUR_MS,
    5 * HOUR_MS,
    10 * HOUR_MS,
    14 * HOUR_MS,
    20 * HOUR_MS,
    24 * HOUR_MS,
  ],
  JITTER,
);

/** After 5, 15 and 60 minutes, and no more: for what is worth nothing an hour and a half later. */
export const briefRetry = schedule("brief", [5 * MINUTE_MS, 15 * MINUTE_MS, 60 * MINUTE_MS], 0);

function schedule(name: string, delays: readonly number[], jitter: number): DeliveryRetryStrategy {
  return {
    name,
    async nextDelay(attempts, random) {
      const delay = delays[attempts.length - 1];
      return delay === undefined ? null : Math.round(delay * (1 + jitter * (2 * random - 1)));
    },
  };
}
