import { pluginContainer } from "../container.ts";
import { runOutsideUnitOfWork } from "../context/execution-context.ts";
import { contractId } from "../contract.ts";
import { CrmError, toCrmError } from "../errors/crm-error.ts";
import { createConfigProxy } from "../extensibility/config-proxy.ts";
import { TapCollector } from "../hooks/tap-collector.ts";
import { Logger } from "../infrastructure/logger.ts";
import { Lifetime } from "../plugin/lifetime.ts";
import type { AnyPluginDefinition, Contracts, Plugin, PluginContext, Wiring } from "../plugin/plugin.ts";
import type { BootScope } from "./boot-scope.ts";
import type { BootedPlugin } from "./booted-plugin.ts";
import { identityOf, runAsPlugin } from "./plugin-identity.ts";
import { SubscriptionCollector } from "./subscriptions.ts";

/** A plugin with its options parsed and its placement asked: ready to boot. */
export interface Candidate {
  readonly plugin: Plugin;
  readonly definition: AnyPluginDefinition;
  readonly options: unknown;
  readonly lifetime: Lifetime;
  /** Of its placement. */
  readonly release?: () => Promise<void>;
  /** Why its placement could not prepare it, where it is optional. */
  readonly obstacle?: CrmError;
}

/** Wires the plugin. An optional one that fails is answered with as failed; any other failure is thrown with its name. */
export function bootPlugin(scope: BootScope, candidate: Candidate): BootedPlugin {
  const started = performance.now();
  const { plugin, definition } = candidate;
  const booted = { ...candidate, taps: [], subscriptions: [], deliveries: [], startMs: 0 };
  try {
    if (candidate.obstacle) throw candidate.obstacle;
    const services = servicesFor(scope, definition, false);
    const context = contextFor(scope, candidate);
    const wiring = candidate.lifetime.during(
      () => runAsPlugin(identityOf(plugin), () => definition.boot?.(services as never, context as never)) ?? {},
    );
    requireProvided(definition, wiring);
    return { ...booted, wiring, status: "booted", bootMs: performance.now() - started };
  } catch (error) {
    const failure = refuseUnlessOptional(scope, plugin, error);
    return {
      ...booted,
      wiring: {},
      status: "failed",
      failure: failure.message,
      bootMs: performance.now() - started,
    };
  }
}

/** Lets the plugin tap and subscribe, once everything it depends on is wired. */
export function extendPlugin(scope: BootScope, booted: BootedPlugin): void {
  const { definition, plugin } = booted;
  if (booted.status === "failed" || (!definition.extend && !definition.subscribe)) return;
  try {
    const services = servicesFor(scope, definition, true) as never;
    const context = contextFor(scope, booted) as never;
    const taps = new TapCollector(definition.id);
    booted.lifetime.during(() => definition.extend?.(taps, services, context));
    const subscriptions = new SubscriptionCollector(identityOf(plugin), scope.events);
    definition.subscribe?.(subscriptions, services, context);
    booted.taps = taps.close();
    booted.subscriptions = subscriptions.build();
  } catch (error) {
    booted.failure = refuseUnlessOptional(scope, plugin, error).message;
    booted.status = "failed";
  }
}

export function parseOptions(plugin: Plugin): unknown {
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

/** Has the plugin's placement prepare it, where it has one. */
export async function place(scope: BootScope, plugin: Plugin, options: unknown): Promise<Candidate> {
  const { definition, placement } = plugin;
  const candidate = { plugin, definition, options, lifetime: new Lifetime() };
  if (!placement) return candidate;
  const declared = Object.keys(definition.config ?? {});
  try {
    const placed = await placement.prepare(plugin, options, {
      clock: scope.clock,
      ids: scope.ids,
      logger: scope.logger().child({ plugin: definition.id }),
      provides: (reference) => scope.providers.has(reference),
      environment: Object.fromEntries(declared.map((name) => [name, scope.environment[name]])),
    });
    return { ...candidate, definition: placed.definition, release: () => placed.release() };
  } catch (error) {
    const obstacle = toCrmError(error);
    if (!plugin.optional) throw bootFailure(plugin, obstacle);
    return { ...candidate, obstacle };
  }
}

function refuseUnlessOptional(scope: BootScope, plugin: Plugin, error: unknown): CrmError {
  const failure = toCrmError(error);
  if (!plugin.optional) throw bootFailure(plugin, failure);
  const { id } = plugin.definition;
  scope.logger().error(`Optional plugin "${id}" did not boot: ${failure.message}`, { code: failure.code });
  return failure;
}

function servicesFor(scope: BootScope, definition: AnyPluginDefinition, own: boolean): Record<string, unknown> {
  const { deps = {}, optionalDeps = {}, provides = {}, id } = definition;
  const services: Record<string, unknown> = {};
  for (const [name, reference] of Object.entries(deps)) {
    const service = scope.services.get(reference);
    if (service === undefined) {
      const provider = scope.providers.get(reference) ?? "nobody";
      throw new CrmError(
        "CRM_KERNEL_MISSING_DEPENDENCY",
        `Plugin "${id}" needs ${contractId(reference)} of "${provider}", which did not boot.`,
        { details: { plugin: id, contract: contractId(reference), provider } },
      );
    }
    services[name] = reference === Logger ? (service as Logger).child({ plugin: id }) : service;
  }
  for (const [name, reference] of Object.entries({ ...optionalDeps, ...(own ? provides : {}) })) {
    const service = scope.services.get(reference);
    if (service !== undefined) services[name] = service;
  }
  return services;
}

function contextFor(
  scope: BootScope,
  { plugin, definition, options }: Omit<Candidate, "lifetime">,
): PluginContext<unknown> {
  const { id, hooks = [], deps = {}, config = {} } = definition;
  const identity = identityOf(plugin);
  return {
    id,
    options,
    config: createConfigProxy(id, config, scope.environment),
    logger: scope.logger().child({ plugin: id }),
    hook: (point) => {
      if (hooks.some((own) => own.name === point.name)) return scope.hooks.hook(point);
      throw new CrmError(
        "CRM_HOOK_UNDECLARED",
        `Plugin "${id}" calls ${point.name} without declaring it in \`hooks\`.`,
        { details: { plugin: id, point: point.name } },
      );
    },
    resolve: (target) =>
      pluginContainer(
        Object.values(deps).map((reference) => [reference, scope.services.get(reference)] as const),
      ).resolve(target as never),
    run: (work) => runOutsideUnitOfWork(() => runAsPlugin(identity, work, scope.ids.next())),
  };
}

function requireProvided({ id, provides = {} }: AnyPluginDefinition, wiring: Wiring<Contracts>): void {
  for (const [name, reference] of Object.entries(provides)) {
    if ((wiring.provide as Record<string, unknown> | undefined)?.[name] !== undefined) continue;
    throw new CrmError(
      "CRM_PLUGIN_NOT_PROVIDED",
      `Plugin "${id}" declares that it provides ${contractId(reference)} as "${name}", but its boot answers without it.`,
    );
  }
}

function bootFailure(plugin: Plugin, cause: CrmError): CrmError {
  const { id } = plugin.definition;
  return new CrmError("CRM_PLUGIN_BOOT", `Plugin "${id}" did not boot: ${cause.message}`, {
    details: { plugin: id, phase: "boot", code: cause.code, ...cause.details },
    cause,
  });
}
