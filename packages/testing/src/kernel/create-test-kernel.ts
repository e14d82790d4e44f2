import { type Kernel, type KernelOptions, createKernel } from "@crmessenger/kernel";
import type { StoredEvent } from "@crmessenger/kernel/infrastructure";
import { type Topic, delivered } from "./delivered.ts";
import { type RecordingLogger, createRecordingLogger } from "./recording-logger.ts";

/** A kernel for tests: nothing from the real environment, its log lines at hand, and probes that wait for what follows. */
export interface TestKernel extends Kernel {
  /** What the kernel and its plugins logged, unless a plugin brings a Logger of its own. */
  readonly log: RecordingLogger;
  /**
   * Waits until the newest event of this kind was delivered to a subscription, and answers it:
   * `await kernel.delivered(LeadCreated, "bonus.main")`. On a test clock, advance it where a retry is to come.
   */
  delivered(event: Topic, subscription: string): Promise<StoredEvent>;
}

export interface TestKernelOptions extends Omit<KernelOptions, "logger"> {
  readonly logger?: RecordingLogger;
}

/** Boots and starts a kernel whose plugins see an empty environment unless the test gives one. Stop it with `await using`. */
export async function createTestKernel(options: TestKernelOptions): Promise<TestKernel> {
  const log = options.logger ?? createRecordingLogger();
  const kernel = await createKernel({ environment: {}, stopDeadlineMs: 5_000, ...options, logger: log });
  return Object.assign(kernel, {
    log,
    delivered: (event: Topic, subscription: string) => delivered(kernel, event, subscription),
  });
}
