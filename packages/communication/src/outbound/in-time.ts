import { CrmError } from "@crmessenger/kernel";
import type { Clock } from "@crmessenger/kernel/infrastructure";

const GRACE_MS = 3_000;

/** The answer to an attempt. Once the work has to stop, it is waited for no longer than a moment. */
export function inTime<T>(clock: Clock, signal: AbortSignal, answer: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  let cancel = () => {};
  const onAbort = () => {
    cancel = clock.schedule(GRACE_MS, () => reject(gaveUp()));
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  return Promise.race([answer, late]).finally(() => {
    signal.removeEventListener("abort", onAbort);
    cancel();
  });
}

function gaveUp(): CrmError {
  return new CrmError(
    "CRM_COMMUNICATION_INTERRUPTED",
    "The channel had not answered when the application had to stop sending.",
    {
      status: 503,
      retryable: true,
    },
  );
}
