import type { Contract } from "../contract.ts";
import type { DependencyContainer } from "../container.ts";
import type { Clock } from "../infrastructure/clock.ts";
import type { Ids } from "../infrastructure/ids.ts";
import type { Logger } from "../infrastructure/logger.ts";
import type { MessageBus } from "../bus/message-bus.ts";
import type { Plugin } from "../plugin/plugin.ts";
import type { ExecutionContext } from "../context/execution-context.ts";
import { bootPlugins } from "./boot-plugins.ts";
import type { HealthReport } from "./health.ts";
import type { Inspection } from "./inspection.ts";
import { refuseSecondKernel } from "./single-kernel.ts";
import { startKernel } from "./start-kernel.ts";

export interface KernelOptions {
  readonly plugins: readonly Plugin[];
  /** What plugins' declared variables are read from. Default `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Where the kernel and its plugins log when no plugin provides a Logger. Default: warnings and errors to stderr. */
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly ids?: Ids;
  /** An application's own tsyringe container: what plugins provide is registered in it under the contract. */
  readonly container?: DependencyContainer;
  /** Milliseconds a plugin's start may take. Default 60 000. */
  readonly startDeadlineMs?: number;
  /** Milliseconds a plugin's stop may take. Default 10 000. */
  readonly stopDeadlineMs?: number;
}

/** A running application. */
export interface Kernel extends AsyncDisposable {
  readonly bus: MessageBus;
  /** What is behind a contract; `CRM_KERNEL_MISSING_CONTRACT` when no plugin provides it. */
  get<T>(reference: Contract<T>): T;
  /** Runs work in a context of its own, by default as the system. */
  run<T>(work: () => Promise<T>, context?: Partial<ExecutionContext>): Promise<T>;
  inspect(): Inspection;
  health(): Promise<HealthReport>;
  /** Stops in reverse order, each plugin within its deadline. Safe to call twice. Rejects with the first failure after all were stopped. */
  stop(): Promise<void>;
}

/**
 * Boots, starts and answers when everything is ready. Whatever fails names the plugin, and what had already started
 * is stopped again.
 */
export async function createKernel(options: KernelOptions): Promise<Kernel> {
  refuseSecondKernel();
  const started = performance.now();
  return startKernel(bootPlugins(options), options, started);
}
