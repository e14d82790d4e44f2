import { CrmError, type PluginContext } from "@crmessenger/kernel";
import { ChannelRegistry } from "@crmessenger/kernel/communication";
import type { Logger } from "@crmessenger/kernel/infrastructure";
import { type WorkerState, hostChannelRegistry } from "../channels/host-channel-registry.ts";
import type { AnyPluginDefinition } from "@crmessenger/kernel";

/** What the worker reaches in the kernel. */
export interface Links {
  readonly logger: Logger;
  offered(name: string): unknown;
}

/** The dependencies that the kernel handed over at boot, and the hook points that the plugin calls. */
export function linksOf(
  definition: AnyPluginDefinition,
  services: Readonly<Record<string, unknown>>,
  context: PluginContext<unknown>,
  worker: WorkerState,
): Links {
  const offered = new Map<string, unknown>([["context", { hook: context.hook.bind(context) }]]);
  for (const [name, reference] of Object.entries({ ...definition.deps, ...definition.optionalDeps })) {
    const service = services[name];
    const isChannels = reference === ChannelRegistry && service !== undefined;
    offered.set(`dep:${name}`, isChannels ? hostChannelRegistry(service as ChannelRegistry, worker) : service);
  }
  return {
    logger: context.logger,
    offered(name) {
      const service = offered.get(name);
      if (service !== undefined) return service;
      throw new CrmError(
        "CRM_KERNEL_MISSING_CONTRACT",
        `Plugin "${definition.id}" calls ${name.replace("dep:", "")}, which this application does not have.`,
        { details: { plugin: definition.id, name } },
      );
    },
  };
}
