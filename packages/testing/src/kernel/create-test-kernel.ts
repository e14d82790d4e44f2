import { type Kernel, type KernelOptions, createKernel } from "@crmessenger/kernel";
import { type RecordingLogger, createRecordingLogger } from "./recording-logger.ts";

/** A kernel for tests: nothing from the real environment, and its log lines at hand. */
export interface TestKernel extends Kernel {
  /** What the kernel and its plugins logged, unless a plugin brings a Logger of its own. */
  readonly log: RecordingLogger;
}

export interface TestKernelOptions extends Omit<KernelOptions, "logger"> {
  readonly logger?: RecordingLogger;
}

/** Boots and starts a kernel whose plugins see an empty environment unless the test gives one. Stop it with `await using`. */
export async function createTestKernel(options: TestKernelOptions): Promise<TestKernel> {
  const log = options.logger ?? createRecordingLogger();
  const kernel = await createKernel({ environment: {}, stopDeadlineMs: 5_000, ...options, logger: log });
  return Object.assign(kernel, { log });
}
