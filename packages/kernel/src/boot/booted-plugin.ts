import { contractId } from "../contract.ts";
import type { PointTap } from "../hooks/tap-collector.ts";
import type { DurableSubscription } from "../infrastructure/event-log.ts";
import type { Lifetime } from "../plugin/lifetime.ts";
import type { AnyPluginDefinition, Contracts, Plugin, Wiring } from "../plugin/plugin.ts";
import type { PluginInspection, PluginStatus } from "./inspection.ts";

/** A plugin in a running kernel. */
export interface BootedPlugin {
  /** As the application lists it. */
  readonly plugin: Plugin;
  /** What was booted: its own definition, or the one its placement answered with. */
  readonly definition: AnyPluginDefinition;
  readonly options: unknown;
  readonly lifetime: Lifetime;
  /** Ends its placement, after its stop. */
  readonly release?: () => Promise<void>;
  readonly wiring: Wiring<Contracts>;
  taps: readonly PointTap[];
  subscriptions: readonly DurableSubscription[];
  /** What ends its running subscriptions and workers. */
  deliveries: readonly (() => Promise<void>)[];
  status: PluginStatus;
  readonly bootMs: number;
  startMs: number;
  failure?: string;
}

export function inspectPlugin({ plugin, definition, wiring, ...booted }: BootedPlugin): PluginInspection {
  const { handlers = [], jobs = [], routes = [] } = wiring;
  return {
    ...inspectDefinition(plugin),
    status: booted.status,
    provides: Object.values(definition.provides ?? {}).map(contractId),
    operations: handlers.map((handler) => handler.operation.name),
    jobs: jobs.map(({ job }) => job.name),
    routes: routes.map(({ method, path }) => `${method} ${path}`),
    subscriptions: booted.subscriptions.map(({ name, topics }) => ({ name, topics })),
    bootMs: booted.bootMs,
    startMs: booted.startMs,
    ...(booted.failure === undefined ? {} : { failure: booted.failure }),
  };
}

export function inspectDisabled(plugin: Plugin): PluginInspection {
  const nothing = { operations: [], jobs: [], routes: [], subscriptions: [], bootMs: 0, startMs: 0 };
  return {
    ...inspectDefinition(plugin),
    ...nothing,
    status: "disabled",
    provides: Object.values(plugin.definition.provides ?? {}).map(contractId),
  };
}

function inspectDefinition({ definition, optional, placement }: Plugin) {
  return {
    id: definition.id,
    version: definition.version,
    optional,
    placement: placement?.name ?? "in-process",
    deps: Object.values(definition.deps ?? {}).map(contractId),
  };
}
