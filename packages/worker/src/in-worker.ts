import {
  type AnyPluginDefinition,
  type AnyRemote,
  CrmError,
  type PlacedPlugin,
  type Placement,
  type PlacementServices,
  type Plugin,
  type PluginTypes,
  contractId,
  reachOf,
} from "@crmessenger/kernel";
import { type LimitOptions, type Limits, limitsFrom } from "./host/limits.ts";
import { placedDefinition } from "./host/placed-definition.ts";
import { Supervisor } from "./host/supervisor.ts";
import { Definitions } from "./rpc/definitions.ts";
import { importModule } from "./rpc/import-module.ts";
import { kernelModules } from "./rpc/kernel-modules.ts";

export interface WorkerOptions extends LimitOptions {
  /** URL of the module that exports the plugin, such as `import.meta.resolve("@acme/bonus")`. */
  readonly module: string | URL;
  /** In [0, 1): the jitter of restarts. Default `Math.random`. */
  readonly random?: () => number;
}

/**
 * The plugin in a worker thread of its own: an empty environment, a limit of memory, a deadline for every call, and a new
 * thread when the old one ended. The plugin need not know. This contains faults and hides secrets; it is no security
 * sandbox, since the code can still reach files and the network.
 *
 * Boot fails with `CRM_WORKER_MODULE`, `CRM_WORKER_OPTIONS` or `CRM_WORKER_CONTRACT` where the plugin can't be placed. Calls
 * of a plugin whose worker is gone fail with `CRM_WORKER_EXITED`, `_UNCAUGHT`, `_MEMORY`, `_UNRESPONSIVE` or `_PROTOCOL`, too
 * slow ones with `_DEADLINE`; while it is started again with `_RESTARTING`, and after too many ends with `_QUARANTINED`.
 */
export function inWorker<T extends PluginTypes>(plugin: Plugin<T>, options: WorkerOptions): Plugin<T> {
  const limits = limitsFrom(options);
  const placement: Placement = {
    name: "worker",
    prepare: (placed, parsed, services) => place({ definition: placed.definition, parsed, limits, options }, services),
  };
  return { ...plugin, placement };
}

interface Order {
  readonly definition: AnyPluginDefinition;
  readonly parsed: unknown;
  readonly limits: Limits;
  readonly options: WorkerOptions;
}

async function place(order: Order, services: PlacementServices): Promise<PlacedPlugin> {
  const { definition, parsed, limits, options } = order;
  requirePlaceable(definition);
  requirePlain(definition.id, parsed);
  const module = String(options.module);
  const definitions = new Definitions([...kernelModules, await importModule(module)]);
  const { optionalDeps = {}, permissions = [] } = definition;
  const supervisor = new Supervisor({
    blueprint: {
      module,
      id: definition.id,
      options: parsed,
      environment: services.environment,
      present: Object.entries(optionalDeps).flatMap(([name, reference]) =>
        services.provides(reference) ? [name] : [],
      ),
      known: definitions.names(),
    },
    permissions,
    definitions,
    limits,
    services,
    random: options.random ?? Math.random,
  });
  const manifest = await supervisor.prepare();
  return {
    definition: placedDefinition({ definition, supervisor, manifest, definitions, limits }),
    release: () => supervisor.release(),
  };
}

/** The kernel does not stand still for a plugin, so what it provides must answer with promises. */
function requirePlaceable({ id, provides = {} }: AnyPluginDefinition): void {
  for (const reference of Object.values(provides)) {
    const reach = reachOf(reference);
    const member = reach === "local" ? "every member" : synchronousMember(reach);
    if (member === undefined) continue;
    throw new CrmError(
      "CRM_WORKER_CONTRACT",
      `Plugin "${id}" provides ${contractId(reference)}, and the kernel needs ${member} of it at once: run the plugin without inWorker.`,
      { details: { plugin: id, contract: contractId(reference), member } },
    );
  }
}

function synchronousMember(reach: AnyRemote): string | undefined {
  for (const [name, how] of Object.entries(reach)) {
    if (how === "wait" || how === "read" || how === "absent") return name;
    const inner = typeof how === "object" ? synchronousMember(how.makes) : undefined;
    if (inner !== undefined) return `${name}().${inner}`;
  }
  return undefined;
}

function requirePlain(id: string, options: unknown): void {
  try {
    structuredClone(options);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new CrmError(
      "CRM_WORKER_OPTIONS",
      `The options of plugin "${id}" can't go to a worker: ${said} Give it plain data, or run it without inWorker.`,
      { details: { plugin: id } },
    );
  }
}
