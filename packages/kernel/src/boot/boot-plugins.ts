import { EventDispatcher, createEventDispatcher } from "../bus/event-dispatcher.ts";
import { createMessageBus } from "../bus/create-message-bus.ts";
import type { Handler } from "../bus/handler.ts";
import { KernelHooks } from "../bus/kernel-hooks.ts";
import { MessageBus } from "../bus/message-bus.ts";
import { applicationContainer, pluginContainer, register } from "../container.ts";
import { runOutsideUnitOfWork } from "../context/execution-context.ts";
import { type Contract, contractId } from "../contract.ts";
import { CrmError, toCrmError } from "../errors/crm-error.ts";
import { createConfigProxy } from "../extensibility/config-proxy.ts";
import { Deadlines } from "../hooks/deadlines.ts";
import { HookRegistry } from "../hooks/hook-registry.ts";
import { PermissionManager } from "../iam/permission-manager.ts";
import { Clock, systemClock } from "../infrastructure/clock.ts";
import { EventLog } from "../infrastructure/event-log.ts";
import { Idempotency } from "../infrastructure/idempotency.ts";
import { Ids, uuidV7 } from "../infrastructure/ids.ts";
import { Logger } from "../infrastructure/logger.ts";
import { UnitOfWork } from "../infrastructure/unit-of-work.ts";
import type { Contracts, Plugin, PluginContext, Wiring } from "../plugin/plugin.ts";
import type { BootedPlugin } from "./booted-plugin.ts";
import type { KernelOptions } from "./create-kernel.ts";
import { KernelView, LeadStates, type PluginRoute, RouteTable } from "./kernel-contracts.ts";
import { mergeLeadStates } from "./merge-lead-states.ts";
import { collectProviders, orderPlugins } from "./order-plugins.ts";
import { type PluginIdentity, runAsPlugin } from "./plugin-identity.ts";
import { stderrLogger } from "./stderr-logger.ts";
import { SubscriptionCollector } from "./subscriptions.ts";

/** A kernel whose plugins are wired and not yet started. */
export interface BootedKernel {
  readonly plugins: readonly BootedPlugin[];
  readonly services: Map<Contract<unknown>, unknown>;
  readonly providers: ReadonlyMap<Contract<unknown>, string>;
  readonly hooks: HookRegistry;
  readonly bus: MessageBus;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: () => Logger;
  /** Filled by the start. */
  readonly view: { current: KernelView | undefined };
}

const BUILT_IN: readonly Contract<unknown>[] = [
  MessageBus,
  EventDispatcher,
  Clock,
  Ids,
  KernelView,
  RouteTable,
  LeadStates,
];

export function bootPlugins(options: KernelOptions): BootedKernel {
  const { plugins } = options;
  refuseDuplicateIds(plugins);
  const builtIn = plugins.some((plugin) => provides(plugin, Logger)) ? BUILT_IN : [...BUILT_IN, Logger];
  const providers = collectProviders(plugins, builtIn);
  const ordered = orderPlugins(plugins, providers);
  const parsed = new Map(ordered.map((plugin) => [plugin, parseOptions(plugin)]));
  const kernel = createServices(options, ordered, providers);
  const container = applicationContainer(options.container);
  for (const [reference, service] of kernel.services) register(container, reference, service);
  for (const plugin of ordered) {
    const booted = bootPlugin(kernel, plugin, parsed.get(plugin), options.environment ?? process.env);
    kernel.plugins.push(booted);
    for (const [name, reference] of Object.entries(plugin.definition.provides ?? {})) {
      const service = (booted.wiring.provide as Record<string, unknown> | undefined)?.[name];
      if (service === undefined) continue;
      kernel.services.set(reference, service);
      register(container, reference, service);
    }
    for (const handler of booted.wiring.handlers ?? []) addHandler(kernel.handlers, handler, plugin.definition.id);
  }
  for (const booted of kernel.plugins)
    extendAndSubscribe(kernel, booted, parsed.get(booted.plugin), options.environment ?? process.env);
  kernel.hooks.freeze();
  return kernel;
}

type MutableKernel = Omit<BootedKernel, "plugins"> & {
  readonly plugins: BootedPlugin[];
  readonly handlers: Map<string, Handler>;
};

function createServices(
  options: KernelOptions,
  ordered: readonly Plugin[],
  providers: ReadonlyMap<Contract<unknown>, string>,
): MutableKernel {
  const services = new Map<Contract<unknown>, unknown>();
  const handlers = new Map<string, Handler>();
  const plugins: BootedPlugin[] = [];
  const fallback = options.logger ?? stderrLogger();
  const logger = () => (services.get(Logger) as Logger | undefined) ?? fallback;
  const hooks = new HookRegistry({
    deadlines: new Deadlines(),
    report: (error) => logger().error(error.message, { code: error.code, ...error.details }),
  });
  for (const point of [...Object.values(KernelHooks), ...ordered.flatMap((plugin) => plugin.definition.hooks ?? [])])
    hooks.declare(point);
  const need =
    <T>(reference: Contract<T>, what: string) =>
    () => {
      const service = services.get(reference);
      if (service !== undefined) return service as T;
      throw new CrmError(
        "CRM_KERNEL_MISSING_CONTRACT",
        `${what} need ${contractId(reference)}. Add a storage plugin, such as memory() or mikroOrm().`,
        { details: { contract: contractId(reference) } },
      );
    };
  const clock = options.clock ?? systemClock;
  const ids = options.ids ?? uuidV7(() => clock.now());
  const bus = createMessageBus({
    ids,
    handlers,
    permissions: () => services.get(PermissionManager) as PermissionManager | undefined,
    unitOfWork: need(UnitOfWork, "Commands"),
    idempotency: need(Idempotency, "Idempotency keys"),
    around: hooks.hook(KernelHooks.operation),
    ended: hooks.hook(KernelHooks.operationEnded),
  });
  const view: BootedKernel["view"] = { current: undefined };
  services.set(MessageBus, bus);
  services.set(EventDispatcher, createEventDispatcher({ clock, ids, log: need(EventLog, "Events") }));
  services.set(Clock, clock);
  services.set(Ids, ids);
  if (providers.get(Logger) === "kernel") services.set(Logger, fallback);
  services.set(LeadStates, mergeLeadStates(ordered.flatMap((plugin) => plugin.definition.states ?? [])));
  services.set(KernelView, lateView(view));
  services.set(RouteTable, { routes: () => plugins.flatMap(routesOf) } satisfies RouteTable);
  return { plugins, services, providers, hooks, bus, clock, ids, logger, view, handlers };
}

function routesOf({ plugin, wiring }: BootedPlugin): PluginRoute[] {
  const { id, permissions } = identityOf(plugin);
  return (wiring.routes ?? []).map((route) => ({ ...route, plugin: id, permissions }));
}

/** Plugins may hold the view from boot on; it has something to show once the kernel starts. */
function lateView(view: BootedKernel["view"]): KernelView {
  const current = () => {
    if (view.current) return view.current;
    throw new CrmError("CRM_KERNEL_NOT_STARTED", "The kernel has not started yet: use KernelView from `start` on.");
  };
  return {
    inspect: () => current().inspect(),
    health: () => current().health(),
    isReady: () => view.current?.isReady() ?? false,
  };
}

function bootPlugin(
  kernel: MutableKernel,
  plugin: Plugin,
  options: unknown,
  environment: Readonly<Record<string, string | undefined>>,
): BootedPlugin {
  const started = performance.now();
  const booted = { plugin, subscriptions: [], status: "booted" as const, startMs: 0 };
  try {
    const services = servicesFor(kernel, plugin, false);
    const context = contextFor(kernel, plugin, options, environment);
    const wiring =
      runAsPlugin(identityOf(plugin), () => plugin.definition.boot?.(services as never, context as never)) ?? {};
    requireProvided(plugin, wiring);
    return { ...booted, wiring, bootMs: performance.now() - started };
  } catch (error) {
    const failure = toCrmError(error);
    if (!plugin.optional) throw bootFailure(plugin, failure);
    reportOptional(kernel, plugin, failure);
    return { ...booted, wiring: {}, bootMs: performance.now() - started, status: "failed", failure: failure.message };
  }
}

function extendAndSubscribe(
  kernel: MutableKernel,
  booted: BootedPlugin,
  options: unknown,
  environment: Readonly<Record<string, string | undefined>>,
): void {
  const { plugin } = booted;
  const { definition } = plugin;
  if (booted.status === "failed" || (!definition.extend && !definition.subscribe)) return;
  const services = servicesFor(kernel, plugin, true) as never;
  const context = contextFor(kernel, plugin, options, environment) as never;
  try {
    definition.extend?.(kernel.hooks.facade(definition.id), services, context);
    const collector = new SubscriptionCollector(identityOf(plugin));
    definition.subscribe?.(collector, services, context);
    booted.subscriptions = collector.build();
  } catch (error) {
    const failure = toCrmError(error);
    if (!plugin.optional) throw bootFailure(plugin, failure);
    kernel.hooks.forget(definition.id);
    booted.status = "failed";
    booted.failure = failure.message;
    reportOptional(kernel, plugin, failure);
  }
}

function reportOptional(kernel: MutableKernel, plugin: Plugin, failure: CrmError): void {
  kernel
    .logger()
    .error(`Optional plugin "${plugin.definition.id}" did not boot: ${failure.message}`, { code: failure.code });
}

function servicesFor(kernel: MutableKernel, plugin: Plugin, own: boolean): Record<string, unknown> {
  const { deps = {}, optionalDeps = {}, provides: provided = {}, id } = plugin.definition;
  const services: Record<string, unknown> = {};
  for (const [name, reference] of Object.entries(deps)) {
    const service = kernel.services.get(reference);
    if (service === undefined) {
      const provider = kernel.providers.get(reference) ?? "nobody";
      throw new CrmError(
        "CRM_KERNEL_MISSING_DEPENDENCY",
        `Plugin "${id}" needs ${contractId(reference)} of "${provider}", which did not boot.`,
        { details: { plugin: id, contract: contractId(reference), provider } },
      );
    }
    services[name] = reference === Logger ? (service as Logger).child({ plugin: id }) : service;
  }
  for (const [name, reference] of Object.entries({ ...optionalDeps, ...(own ? provided : {}) })) {
    const service = kernel.services.get(reference);
    if (service !== undefined) services[name] = service;
  }
  return services;
}

function contextFor(
  kernel: MutableKernel,
  plugin: Plugin,
  options: unknown,
  environment: Readonly<Record<string, string | undefined>>,
): PluginContext<unknown> {
  const { id, hooks = [], deps = {}, config = {} } = plugin.definition;
  const identity = identityOf(plugin);
  return {
    id,
    options,
    config: createConfigProxy(id, config, environment),
    logger: kernel.logger().child({ plugin: id }),
    hook: (point) => {
      if (hooks.some((own) => own.name === point.name)) return kernel.hooks.hook(point);
      throw new CrmError(
        "CRM_HOOK_UNDECLARED",
        `Plugin "${id}" calls ${point.name} without declaring it in \`hooks\`.`,
        { details: { plugin: id, point: point.name } },
      );
    },
    resolve: (target) =>
      pluginContainer(
        Object.values(deps).map((reference) => [reference, kernel.services.get(reference)] as const),
      ).resolve(target as never),
    run: (work) => runOutsideUnitOfWork(() => runAsPlugin(identity, work, kernel.ids.next())),
  };
}

export function identityOf(plugin: Plugin): PluginIdentity {
  return { id: plugin.definition.id, permissions: plugin.definition.permissions ?? [] };
}

function parseOptions(plugin: Plugin): unknown {
  const { id, options } = plugin.definition;
  const result = options?.safeParse(plugin.options);
  if (!result) return {};
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, message }) => ({ path: path.map(String).join("."), message }));
  const text = issues.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join("; ");
  throw new CrmError("CRM_PLUGIN_OPTIONS", `The options of plugin "${id}" are wrong: ${text}.`, {
    details: { plugin: id, issues },
  });
}

function requireProvided(plugin: Plugin, wiring: Wiring<Contracts>): void {
  for (const [name, reference] of Object.entries(plugin.definition.provides ?? {})) {
    if ((wiring.provide as Record<string, unknown> | undefined)?.[name] !== undefined) continue;
    throw new CrmError(
      "CRM_PLUGIN_NOT_PROVIDED",
      `Plugin "${plugin.definition.id}" declares that it provides ${contractId(reference)} as "${name}", but its boot answers without it.`,
    );
  }
}

function addHandler(handlers: Map<string, Handler>, handler: Handler, plugin: string): void {
  const { name } = handler.operation;
  if (handlers.has(name))
    throw new CrmError(
      "CRM_BUS_DUPLICATE_HANDLER",
      `${name} has two handlers; plugin "${plugin}" brings the second. Leave one of them out.`,
      { details: { operation: name, plugin } },
    );
  handlers.set(name, handler);
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

function bootFailure(plugin: Plugin, cause: CrmError): CrmError {
  const { id } = plugin.definition;
  return new CrmError("CRM_PLUGIN_BOOT", `Plugin "${id}" did not boot: ${cause.message}`, {
    details: { plugin: id, phase: "boot", code: cause.code, ...cause.details },
    cause,
  });
}

function provides(plugin: Plugin, reference: Contract<unknown>): boolean {
  return Object.values(plugin.definition.provides ?? {}).includes(reference);
}
