import { type Contract, type ImplementationOf, contractId } from "../contract.ts";
import type { DependencyContainer } from "../container.ts";
import type { Clock } from "../infrastructure/clock.ts";
import type { Ids } from "../infrastructure/ids.ts";
import type { Logger } from "../infrastructure/logger.ts";
import type { MessageBus } from "../bus/message-bus.ts";
import type { AnyOperation } from "../bus/operation.ts";
import type { Complete, Composition, CompositionOf } from "../plugin/composition.ts";
import type { Plugin } from "../plugin/plugin.ts";
import { type ExecutionContext, runInContext } from "../context/execution-context.ts";
import { CrmError } from "../errors/crm-error.ts";
import type { Explanation } from "./explain.ts";
import type { HealthReport } from "./health.ts";
import type { Inspection } from "./inspection.ts";
import { KernelRuntime } from "./kernel-runtime.ts";
import { createPluginSwitch } from "./plugin-switch.ts";
import { refuseSecondKernel } from "./single-kernel.ts";

export interface KernelOptions<P extends readonly Plugin[] = readonly Plugin[]> {
  readonly plugins: P;
  /** What plugins' declared variables are read from. Default `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Where the kernel and its plugins log when no plugin provides a Logger. Default: warnings and errors to stderr. */
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly ids?: Ids;
  /** An application's own tsyringe container: what plugins provide is registered in it under the contract. */
  readonly container?: DependencyContainer;
  /** False to wire the plugins without starting them, for looking at the application. Default true. */
  readonly start?: boolean;
  /** Milliseconds a plugin's start may take. Default 60 000. */
  readonly startDeadlineMs?: number;
  /** Milliseconds a plugin's stop may take. Default 10 000. */
  readonly stopDeadlineMs?: number;
}

/** A running application. */
export interface Kernel<C extends Composition = Composition> extends AsyncDisposable {
  /** For `ServicesOf`, `ChannelTypesOf` and `TopicsOf`. No kernel has this property. */
  readonly composition?: C;
  readonly bus: MessageBus;
  /**
   * What is behind a contract. Where the compiler knows the plugins, only what they provide can be asked for; elsewhere
   * it is `CRM_KERNEL_MISSING_CONTRACT` when no plugin provides it.
   */
  get<R extends C["contracts"]>(reference: R): ImplementationOf<R>;
  /** Runs work in a context of its own, by default as the system. */
  run<T>(work: () => Promise<T>, context?: Partial<ExecutionContext>): Promise<T>;
  inspect(): Inspection;
  /**
   * Tries an operation as the current actor, without effect, and says what each guard, transform and voter did, field
   * by field. `CRM_KERNEL_UNEXPLAINABLE` (409) for commands that commit by themselves.
   */
  explain(operation: AnyOperation, input: unknown): Promise<Explanation>;
  health(): Promise<HealthReport>;
  /**
   * Takes a plugin out of the running kernel: its taps, subscriptions, routes, operations and jobs go, what is in
   * flight ends first, then it is stopped. Plugins that use it optionally are restarted without it. Rejects with
   * `CRM_KERNEL_PLUGIN_NEEDED` (409) when others can't do without it. Without effect when it is disabled already.
   */
  disable(pluginId: string): Promise<void>;
  /** Brings a disabled plugin back. Rejects, leaving it disabled, when it does not boot or start. */
  enable(pluginId: string): Promise<void>;
  /**
   * Puts another version of a plugin in the place of the one with its id, and restarts those that hold its services.
   * Its operations answer `CRM_PLUGIN_RELOADING` (503) in between. When the new one does not boot or start, the old
   * one goes on and the call rejects.
   */
  reload(plugin: Plugin): Promise<void>;
  /** Stops in reverse order, each plugin within its deadline. Safe to call twice. Rejects with the first failure after all were stopped. */
  stop(): Promise<void>;
}

/**
 * Boots, starts and answers when everything is ready. Whatever fails names the plugin, and what had already started
 * is stopped again.
 */
export async function createKernel<const P extends readonly Plugin[]>(
  options: KernelOptions<P> & { readonly plugins: Complete<P> },
): Promise<Kernel<CompositionOf<P>>> {
  refuseSecondKernel();
  const calledAt = performance.now();
  const runtime = new KernelRuntime(options);
  const kernel = createFacade(runtime, options.plugins);
  await runtime.launch(options.plugins, options.start ?? true, calledAt);
  return kernel as Kernel<CompositionOf<P>>;
}

function createFacade(runtime: KernelRuntime, plugins: readonly Plugin[]): Kernel {
  const { disabled, change } = createPluginSwitch(runtime, plugins);
  let stopping: Promise<void> | undefined;
  const stop = () => (stopping ??= change.ended().then(() => runtime.stop()));
  runtime.describe = () => runtime.inspect(disabled());
  return {
    bus: runtime.bus,
    get<R extends Contract<unknown>>(reference: R): ImplementationOf<R> {
      const service = runtime.service(reference);
      if (service !== undefined) return service as ImplementationOf<R>;
      throw new CrmError(
        "CRM_KERNEL_MISSING_CONTRACT",
        `No plugin of this application provides ${contractId(reference)}.`,
        { details: { contract: contractId(reference) } },
      );
    },
    run: (work, context = {}) => runInContext({ correlationId: runtime.ids.next(), ...context }, work),
    inspect: () => runtime.describe(),
    explain: (operation, input) => runtime.explain(operation, input),
    health: () => runtime.health(),
    disable: change.disable,
    enable: change.enable,
    reload: change.reload,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
