import {
  type Contract,
  type Kernel,
  type KernelOptions,
  type Plugin,
  type Wiring,
  createKernel,
} from "@crmessenger/kernel";
import { pluginsBehind } from "./plugins-behind.ts";

type Definition = Plugin["definition"];
type AnyWiring = Wiring<Record<string, never>>;

/**
 * A kernel for one command: every plugin is wired, so that its hooks and handlers take part, but only those behind
 * these contracts are started. Nothing listens, no job is done and no event is delivered.
 */
export function startParts(options: KernelOptions, contracts: readonly Contract<unknown>[]): Promise<Kernel> {
  const started = pluginsBehind(options.plugins, contracts);
  const quiet = (plugin: Plugin) => quietly(plugin, started.has(plugin.definition.id));
  return createKernel({ ...options, plugins: options.plugins.map(quiet) });
}

function quietly(plugin: Plugin, starts: boolean): Plugin {
  const { placement, ...rest } = plugin;
  if (!placement) return { ...rest, definition: quietDefinition(plugin.definition, starts) };
  return {
    ...plugin,
    placement: {
      name: placement.name,
      async prepare(...prepared) {
        const placed = await placement.prepare(...prepared);
        return { definition: quietDefinition(placed.definition, starts), release: () => placed.release() };
      },
    },
  };
}

function quietDefinition(definition: Definition, starts: boolean): Definition {
  const { boot } = definition;
  const silent = { ...definition, subscribe: () => undefined };
  if (!boot) return silent;
  return { ...silent, boot: (services, context) => quietWiring(boot(services, context) as AnyWiring, starts) };
}

function quietWiring(wiring: AnyWiring, starts: boolean): AnyWiring {
  const { provide, handlers } = wiring;
  return {
    ...(provide === undefined ? {} : { provide }),
    ...(handlers === undefined ? {} : { handlers }),
    ...(starts ? { start: async () => wiring.start?.(), stop: async () => wiring.stop?.() } : {}),
    ...(starts && wiring.health ? { health: wiring.health.bind(wiring) } : {}),
  };
}
