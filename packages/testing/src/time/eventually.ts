import { suiteApi } from "../suite/suite-api.ts";

export interface EventuallyOptions {
  /** Milliseconds after which the last failure is the answer. Default 10 000. */
  readonly deadlineMs?: number;
  /** Milliseconds between two looks. Default 10. */
  readonly everyMs?: number;
}

/**
 * Waits for something real (a database, a socket, another process) to come about: calls `probe` until it stops
 * throwing, and answers what it answers. When the deadline passes it rejects with the probe's last error as cause.
 * What runs on a test clock needs no waiting: advance the clock. Under `runSuite` its patience is the limit.
 */
export async function eventually<T>(probe: () => T | Promise<T>, options: EventuallyOptions = {}): Promise<T> {
  const { everyMs = 10 } = options;
  const deadlineMs = Math.min(options.deadlineMs ?? 10_000, suiteApi().patienceMs);
  const giveUpAt = performance.now() + deadlineMs;
  for (;;) {
    try {
      return await probe();
    } catch (error) {
      if (performance.now() >= giveUpAt) {
        const said = error instanceof Error ? error.message : String(error);
        throw new Error(`It did not come about within ${deadlineMs} ms: ${said}`, { cause: error });
      }
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
