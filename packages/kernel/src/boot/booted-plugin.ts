import type { DurableSubscription } from "../infrastructure/event-log.ts";
import { contractId } from "../contract.ts";
import type { Contracts, Plugin, Wiring } from "../plugin/plugin.ts";
import type { PluginInspection, PluginStatus } from "./inspection.ts";

/** A plugin in a running kernel. */
export interface BootedPlugin {
  readonly plugin: Plugin;
  readonly wiring: Wiring<Contracts>;
  subscriptions: readonly DurableSubscription[];
  status: PluginStatus;
  bootMs: number;
  startMs: number;
  failure?: string;
}

export function inspectPlugin(booted: BootedPlugin): PluginInspection {
  const { definition, optional } = booted.plugin;
  const { handlers = [], jobs = [], routes = [] } = booted.wiring;
  return {
    id: definition.id,
    version: definition.version,
    status: booted.status,
    optional,
    deps: Object.values(definition.deps ?? {}).map(contractId),
    provides: Object.values(definition.provides ?? {}).map(contractId),
    operations: handlers.map((handler) => handler.operation.name),
    jobs: jobs.map(({ job }) => job.name),
    routes: routes.map(({ method, path }) => `${method} ${path}`),
    subscriptions: booted.subscriptions.map(({ name }) => name),
    bootMs: booted.bootMs,
    startMs: booted.startMs,
    ...(booted.failure === undefined ? {} : { failure: booted.failure }),
  };
}
