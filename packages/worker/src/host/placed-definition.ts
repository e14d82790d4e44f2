import {
  type AnyPluginDefinition,
  type EventSubscriptions,
  type HookTaps,
  type Operation,
  type PluginContext,
  type Wiring,
  type Contracts,
  contractId,
  reachOf,
} from "@crmessenger/kernel";
import { MessageBus } from "@crmessenger/kernel/infrastructure";
import type { Purpose } from "../rpc/caller.ts";
import type { Definitions } from "../rpc/definitions.ts";
import { remoteContract } from "../rpc/remote-contract.ts";
import type { Manifest } from "../guest/manifest.ts";
import type { Limits } from "./limits.ts";
import { linksOf } from "./links.ts";
import type { Supervisor } from "./supervisor.ts";

export interface Placing {
  readonly definition: AnyPluginDefinition;
  readonly supervisor: Supervisor;
  readonly manifest: Manifest;
  readonly definitions: Definitions;
  readonly limits: Limits;
}

/** What the kernel boots in the plugin's stead: its data, and stubs that call the worker. */
export function placedDefinition(placing: Placing): AnyPluginDefinition {
  const { definition, supervisor, manifest, definitions } = placing;
  const { boot: _, extend: __, subscribe: ___, ...data } = definition;
  return {
    ...data,
    boot(services: Readonly<Record<string, unknown>>, context: PluginContext<unknown>) {
      lookUpOperations(definition, services, definitions);
      supervisor.link(linksOf(definition, services, context, supervisor));
      return wiringOf(placing);
    },
    extend: (taps) => extend(placing, taps),
    subscribe: (events) => subscribe(placing, events),
    ...(manifest.taps.length > 0 ? {} : { extend: () => {} }),
  } as AnyPluginDefinition;
}

function lookUpOperations(
  { deps = {}, optionalDeps = {} }: AnyPluginDefinition,
  services: Readonly<Record<string, unknown>>,
  definitions: Definitions,
): void {
  const [name] = Object.entries({ ...deps, ...optionalDeps }).find(([, reference]) => reference === MessageBus) ?? [];
  const bus = name === undefined ? undefined : (services[name] as MessageBus | undefined);
  if (bus)
    definitions.lookElsewhere((wanted): Operation | undefined =>
      bus.operations().find((operation) => operation.name === wanted),
    );
}

function wiringOf(placing: Placing): Wiring<Contracts> {
  const { manifest, supervisor, limits, definition } = placing;
  const caller =
    (purpose: Purpose, deadlineMs: number, run: object) =>
    (...args: readonly unknown[]) =>
      supervisor.callFunction(run, args, { purpose, deadlineMs });
  const { callDeadlineMs, jobDeadlineMs } = limits;
  return {
    provide: Object.fromEntries(
      Object.entries(definition.provides ?? {}).flatMap(([name, reference]) => {
        if (!manifest.provided.includes(name)) return [];
        const reach = reachOf(reference);
        const remote = { caller: supervisor, root: `provided:${name}`, contract: contractId(reference) };
        return [[name, remoteContract(remote, reach === "local" ? {} : reach)]];
      }),
    ) as never,
    handlers: manifest.handlers.map(({ operation, unitOfWork, run }) => ({
      operation,
      unitOfWork,
      run: caller({ kind: "operation", name: operation.name }, callDeadlineMs, run) as never,
    })),
    jobs: manifest.jobs.map(({ job, run }) => ({
      job,
      run: caller({ kind: "job", name: job.name }, jobDeadlineMs, run) as never,
    })),
    routes: manifest.routes.map((route) => ({
      ...route,
      handle: caller({ kind: "route", name: `${route.method} ${route.path}` }, callDeadlineMs, route.handle) as never,
    })),
    start: () => supervisor.begin("start"),
    ready: () => supervisor.begin("ready"),
    stop: () => supervisor.stop(),
    health: () => supervisor.health(),
  };
}

/** A tap's time is limited by the hook itself. */
function extend({ manifest, supervisor }: Placing, taps: HookTaps): void {
  for (const { point, run, options } of manifest.taps) {
    const purpose: Purpose = { kind: "hook", name: point.name };
    const stub = (...args: readonly unknown[]) => supervisor.callFunction(run, args, { purpose });
    taps.tap(point, stub as never, options);
  }
}

function subscribe({ manifest, supervisor, limits }: Placing, events: EventSubscriptions): void {
  for (const { options, handlers } of manifest.subscriptions) {
    const subscription = events.subscription(options);
    for (const { event, run } of handlers) {
      subscription.on(event, async (delivered) => {
        const purpose: Purpose = { kind: "event", name: event.topic };
        await supervisor.callFunction(run, [delivered], { purpose, deadlineMs: limits.callDeadlineMs });
      });
    }
  }
}
