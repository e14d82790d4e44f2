import type { Contract } from "../contract.ts";
import { CrmError } from "../errors/crm-error.ts";
import type { Plugin } from "../plugin/plugin.ts";
import type { BootedPlugin } from "./booted-plugin.ts";
import { type Providers, collectProviders, orderPlugins } from "./order-plugins.ts";

/** What has to happen so that other plugins run than now. */
export interface PluginChange {
  /** All that will run, in boot order. */
  readonly ordered: readonly Plugin[];
  readonly providers: Providers;
  /** Runs now and goes on, in boot order. */
  readonly kept: readonly BootedPlugin[];
  /** Runs now and ends, in boot order: what is gone or replaced, and whatever holds a service of it. */
  readonly stale: readonly BootedPlugin[];
  /** Has to be booted, in boot order. */
  readonly fresh: readonly Plugin[];
}

/** Plans the way from the plugins that run to those that shall. Throws when those don't fit together. */
export function planChange(
  live: readonly BootedPlugin[],
  next: readonly Plugin[],
  builtIn: readonly Contract<unknown>[],
): PluginChange {
  refuseDuplicateIds(next);
  const providers = collectProviders(next, builtIn);
  const ordered = orderPlugins(next, providers);
  const running = new Set(live.map(({ plugin }) => plugin));
  const ending = new Set(live.flatMap(({ plugin }) => (next.includes(plugin) ? [] : [plugin])));
  const moving = new Set<Contract<unknown>>();
  const move = (plugin: Plugin) => {
    for (const reference of Object.values(plugin.definition.provides ?? {})) moving.add(reference);
  };
  for (const plugin of ending) move(plugin);
  for (const plugin of ordered) if (!running.has(plugin)) move(plugin);
  for (let reached = -1; reached < ending.size;) {
    reached = ending.size;
    for (const plugin of ordered) {
      if (!running.has(plugin) || ending.has(plugin) || !usesAny(plugin, moving)) continue;
      ending.add(plugin);
      move(plugin);
    }
  }
  return {
    ordered,
    providers,
    kept: live.filter(({ plugin }) => !ending.has(plugin)),
    stale: live.filter(({ plugin }) => ending.has(plugin)),
    fresh: ordered.filter((plugin) => !running.has(plugin) || ending.has(plugin)),
  };
}

function usesAny({ definition }: Plugin, contracts: ReadonlySet<Contract<unknown>>): boolean {
  const { deps = {}, optionalDeps = {} } = definition;
  return [...Object.values(deps), ...Object.values(optionalDeps)].some((reference) => contracts.has(reference));
}

function refuseDuplicateIds(plugins: readonly Plugin[]): void {
  const seen = new Set<string>();
  for (const { definition } of plugins) {
    if (seen.has(definition.id))
      throw new CrmError("CRM_KERNEL_DUPLICATE_PLUGIN", `The plugin "${definition.id}" is listed twice.`, {
        details: { plugin: definition.id },
      });
    seen.add(definition.id);
  }
}
