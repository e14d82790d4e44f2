import { EventCatalogue, EventDefinitions } from "../bus/event-catalogue.ts";
import { createEventDispatcher, EventDispatcher } from "../bus/event-dispatcher.ts";
import { createMessageBus } from "../bus/create-message-bus.ts";
import { type Handler, answer } from "../bus/handler.ts";
import { KernelHooks } from "../bus/kernel-hooks.ts";
import { MessageBus } from "../bus/message-bus.ts";
import type { AnyOperation } from "../bus/operation.ts";
import { applicationContainer, register } from "../container.ts";
import { type Contract, contractId } from "../contract.ts";
import { CrmError, toCrmError } from "../errors/crm-error.ts";
import { type DeclaredField, DeclaredFields } from "../extensibility/declared-fields.ts";
import { Deadlines } from "../hooks/deadlines.ts";
import { HookRegistry } from "../hooks/hook-registry.ts";
import { PermissionManager } from "../iam/permission-manager.ts";
import { Clock, systemClock } from "../infrastructure/clock.ts";
import { EventLog } from "../infrastructure/event-log.ts";
import { Idempotency } from "../infrastructure/idempotency.ts";
import { Ids, uuidV7 } from "../infrastructure/ids.ts";
import { Logger } from "../infrastructure/logger.ts";
import { UnitOfWork } from "../infrastructure/unit-of-work.ts";
import type { Plugin } from "../plugin/plugin.ts";
import { bootPlugin, extendPlugin, parseOptions, place } from "./boot-plugin.ts";
import type { BootScope } from "./boot-scope.ts";
import { type BootedPlugin, inspectDisabled, inspectPlugin } from "./booted-plugin.ts";
import { collectHandlers, handlersOf, reloading, unknownOperation } from "./collect-handlers.ts";
import type { KernelOptions } from "./create-kernel.ts";
import { type Explanation, explain } from "./explain.ts";
import { type HealthReport, healthOf } from "./health.ts";
import { InFlight } from "./in-flight.ts";
import type { Inspection } from "./inspection.ts";
import { KernelView, LeadStates, type PluginRoute, RouteTable } from "./kernel-contracts.ts";
import { ExplainOperation, InspectKernel } from "./kernel-operations.ts";
import { mergeFields } from "./merge-fields.ts";
import { mergeLeadStates } from "./merge-lead-states.ts";
import { type PluginChange, planChange } from "./plan-change.ts";
import { identityOf } from "./plugin-identity.ts";
import { startDeliveries, startPlugin, stopDeliveries, stopPlugins } from "./run-plugin.ts";
import { stderrLogger } from "./stderr-logger.ts";
import { withDeadline } from "./with-deadline.ts";

const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 10_000;

/** The plugins of a change as they are wired, and what puts them in the place of the current ones. */
interface Wired {
  readonly scope: BootScope;
  readonly live: readonly BootedPlugin[];
  readonly fresh: readonly BootedPlugin[];
  readonly commit: () => void;
}

/**
 * The plugins of a kernel while they run. Every change, the launch included, goes the same way: what is new is wired
 * while the old still works, so that what can't be wired changes nothing; then the old is taken down, and the new
 * takes its place and is started.
 */
export class KernelRuntime {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly bus: MessageBus;
  readonly hooks: HookRegistry;
  readonly #options: KernelOptions;
  readonly #fallbackLogger: Logger;
  readonly #container;
  readonly #inFlight = new InFlight();
  readonly #events = new EventDefinitions();
  readonly #handlers = new Map<string, Handler>();
  readonly #watchers = new Set<() => void>();
  readonly #builtIn: ReadonlyMap<Contract<unknown>, unknown>;
  /** The operations that the kernel itself answers. */
  readonly #own: readonly Handler[] = [
    answer(InspectKernel, async () => this.describe()),
    answer(ExplainOperation, ({ operation: name, input }) => {
      const operation = this.#handlers.get(name)?.operation;
      return operation ? this.explain(operation, input) : Promise.reject(unknownOperation(name));
    }),
  ];
  #services: Map<Contract<unknown>, unknown>;
  #providers: ReadonlyMap<Contract<unknown>, string> = new Map();
  #states = mergeLeadStates([]);
  #fields: readonly DeclaredField[] = [];
  #live: readonly BootedPlugin[] = [];
  #isStarted = false;
  #isReady = false;
  #readyMs = 0;

  constructor(options: KernelOptions) {
    this.#options = options;
    this.clock = options.clock ?? systemClock;
    this.ids = options.ids ?? uuidV7(() => this.clock.now());
    this.#fallbackLogger = options.logger ?? stderrLogger();
    this.#container = applicationContainer(options.container);
    this.hooks = new HookRegistry({
      deadlines: new Deadlines(),
      report: (error) => this.logger().error(error.message, { code: error.code, ...error.details }),
    });
    for (const point of Object.values(KernelHooks)) this.hooks.declare(point);
    this.bus = this.#inFlight.counted(
      createMessageBus({
        ids: this.ids,
        handlers: this.#handlers,
        permissions: () => this.#services.get(PermissionManager) as PermissionManager | undefined,
        unitOfWork: () => this.#need(UnitOfWork, "Commands"),
        idempotency: () => this.#need(Idempotency, "Idempotency keys"),
        around: this.hooks.hook(KernelHooks.operation),
        ended: this.hooks.hook(KernelHooks.operationEnded),
      }),
    );
    this.#builtIn = this.#createBuiltIn();
    this.#services = new Map(this.#builtIn);
    for (const [reference, service] of this.#builtIn) register(this.#container, reference, service);
  }

  get live(): readonly BootedPlugin[] {
    return this.#live;
  }

  get stopDeadlineMs(): number {
    return this.#options.stopDeadlineMs ?? STOP_DEADLINE_MS;
  }

  logger(): Logger {
    return (this.#services.get(Logger) as Logger | undefined) ?? this.#fallbackLogger;
  }

  service(reference: Contract<unknown>): unknown {
    return this.#services.get(reference);
  }

  /** Wires the first plugins, and with `start` also starts them. */
  async launch(plugins: readonly Plugin[], start: boolean, calledAt: number): Promise<void> {
    const wired = await this.#wire(planChange([], plugins, this.#builtInContracts(plugins)), []);
    wired.commit();
    if (!start) return;
    this.#isStarted = true;
    try {
      await this.#start(wired);
    } catch (error) {
      await this.stop().catch((failure: unknown) => this.logger().error(toCrmError(failure).message));
      throw error;
    }
    this.#readyMs = performance.now() - calledAt;
  }

  /** Lets exactly these plugins run. Rejects, with everything as it was, when they can't be wired or started. */
  async change(next: readonly Plugin[], disabled: readonly Plugin[]): Promise<void> {
    const before = this.#live.map(({ plugin }) => plugin);
    const change = planChange(this.#live, next, this.#builtInContracts(next));
    const wired = await this.#wire(change, disabled);
    await this.#takeDown(change, disabled);
    wired.commit();
    if (this.#isStarted) await this.#startOrReturn(wired, before);
    for (const changed of this.#watchers) changed();
  }

  async stop(): Promise<void> {
    this.#isReady = false;
    const failures = await stopDeliveries(this.#live, this.stopDeadlineMs);
    failures.push(...(await stopPlugins(this.#scope(), this.#live, this.stopDeadlineMs)));
    if (failures.length > 0) throw toCrmError(failures[0]);
  }

  /** As the current actor. */
  explain(operation: AnyOperation, input: unknown): Promise<Explanation> {
    const handler = (name: string) => this.#handlers.get(name);
    return explain({ bus: this.bus, handler, unitOfWork: () => this.#need(UnitOfWork, "Commands") }, operation, input);
  }

  inspect(disabled: readonly Plugin[]): Inspection {
    return {
      plugins: [...this.#live.map(inspectPlugin), ...disabled.map(inspectDisabled)],
      contracts: Object.fromEntries([...this.#providers].map(([reference, id]) => [contractId(reference), id])),
      hooks: this.hooks.describe(),
      readyMs: this.#readyMs,
    };
  }

  /** What `inspect` of KernelView answers with; set by the kernel, which knows what is disabled. */
  describe: () => Inspection = () => this.inspect([]);

  health(): Promise<HealthReport> {
    return healthOf(this.#live);
  }

  #scope(services = this.#services, providers = this.#providers): BootScope {
    return {
      services,
      providers,
      hooks: this.hooks,
      clock: this.clock,
      ids: this.ids,
      events: this.#events,
      logger: () => (services.get(Logger) as Logger | undefined) ?? this.#fallbackLogger,
      environment: this.#options.environment ?? process.env,
    };
  }

  async #wire(change: PluginChange, disabled: readonly Plugin[]): Promise<Wired> {
    const kept = new Map(change.kept.map((booted) => [booted.plugin, booted]));
    const scope = this.#scope(this.#servicesOf(change), change.providers);
    const options = new Map(change.fresh.map((plugin) => [plugin, parseOptions(plugin)]));
    for (const { definition } of change.fresh) {
      for (const point of definition.hooks ?? []) this.hooks.declare(point);
      this.#events.declare(definition.events ?? []);
    }
    const fresh: BootedPlugin[] = [];
    const placed = await Promise.allSettled(change.fresh.map((plugin) => place(scope, plugin, options.get(plugin))));
    const candidates = placed.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    try {
      for (const result of placed) if (result.status === "rejected") throw result.reason;
      for (const candidate of candidates) {
        const booted = bootPlugin(scope, candidate);
        fresh.push(booted);
        for (const [reference, service] of provided(booted)) scope.services.set(reference, service);
      }
      for (const booted of fresh) extendPlugin(scope, booted);
      const all = new Map([...kept, ...fresh.map((booted) => [booted.plugin, booted] as const)]);
      const live = change.ordered.map((plugin) => all.get(plugin) as BootedPlugin);
      const states = mergeLeadStates(change.ordered.flatMap(({ definition }) => definition.states ?? []));
      const fields = mergeFields(change.ordered);
      const handlers = this.#collectHandlers(live);
      const putTaps = this.hooks.prepare(
        live.flatMap(({ taps }) => taps),
        idsOf(disabled),
      );
      const commit = () => {
        this.#live = live;
        this.#services = scope.services;
        this.#providers = change.providers;
        this.#states = states;
        this.#fields = fields;
        replace(this.#handlers, handlers);
        putTaps();
        for (const booted of fresh)
          for (const [reference, service] of provided(booted)) register(this.#container, reference, service);
      };
      return { scope, live, fresh, commit };
    } catch (error) {
      await Promise.allSettled(candidates.map(({ lifetime, release }) => lifetime.end().finally(() => release?.())));
      throw error;
    }
  }

  /** Ends what is stale, while what stays goes on. Until the new is there its operations answer `CRM_PLUGIN_RELOADING`. */
  async #takeDown({ stale, kept, fresh }: PluginChange, disabled: readonly Plugin[]): Promise<void> {
    if (stale.length === 0) return;
    const away = new Set([...idsOf(disabled), ...stale.map(({ definition }) => definition.id)]);
    this.hooks.prepare(
      kept.flatMap(({ taps }) => taps),
      away,
    )();
    const returning = idsOf(fresh);
    replace(this.#handlers, this.#collectHandlers(kept));
    for (const { definition, wiring } of stale)
      if (returning.has(definition.id))
        for (const handler of wiring.handlers ?? [])
          this.#handlers.set(handler.operation.name, reloading(handler, definition.id));
    const failures = await stopDeliveries(stale, this.stopDeadlineMs);
    const limit = { plugin: stale.map(({ definition }) => definition.id).join(", "), phase: "stop" } as const;
    await withDeadline(this.#inFlight.drain(), { ...limit, ms: this.stopDeadlineMs }).catch((error: unknown) =>
      failures.push(error),
    );
    failures.push(...(await stopPlugins(this.#scope(), stale, this.stopDeadlineMs)));
    for (const failure of failures) this.logger().warn(toCrmError(failure).message);
  }

  async #start({ scope, fresh }: Wired): Promise<void> {
    const deadlineMs = this.#options.startDeadlineMs ?? START_DEADLINE_MS;
    for (const booted of fresh) await startPlugin(scope, booted, "start", deadlineMs);
    for (const booted of fresh) await startDeliveries(scope, booted);
    this.#isReady = true;
    for (const booted of fresh) await startPlugin(scope, booted, "ready", deadlineMs);
  }

  /** A start that fails is undone: what ran before runs again. */
  async #startOrReturn(wired: Wired, before: readonly Plugin[]): Promise<void> {
    try {
      await this.#start(wired);
    } catch (error) {
      const back = planChange(this.#live, before, this.#builtInContracts(before));
      const failed = wired.fresh.filter(({ plugin }) => !before.includes(plugin)).map(({ plugin }) => plugin);
      await this.#takeDown(back, failed);
      const restored = await this.#wire(back, failed);
      restored.commit();
      await this.#start(restored);
      throw error;
    }
  }

  /** Services that stay: the kernel's own, and those of plugins that are kept. */
  #servicesOf({ kept, providers }: PluginChange): Map<Contract<unknown>, unknown> {
    const services = new Map([...this.#builtIn].filter(([reference]) => providers.get(reference) === "kernel"));
    for (const booted of kept) for (const [reference, service] of provided(booted)) services.set(reference, service);
    return services;
  }

  #collectHandlers(live: readonly BootedPlugin[]): ReadonlyMap<string, Handler> {
    return collectHandlers([{ id: "kernel", handlers: this.#own }, ...live.map(handlersOf)]);
  }

  /** The kernel's own Logger yields to a plugin's. */
  #builtInContracts(plugins: readonly Plugin[]): readonly Contract<unknown>[] {
    const logs = plugins.some(({ definition }) => Object.values(definition.provides ?? {}).includes(Logger));
    return [...this.#builtIn.keys()].filter((reference) => reference !== Logger || !logs);
  }

  #createBuiltIn(): ReadonlyMap<Contract<unknown>, unknown> {
    const events = {
      clock: this.clock,
      ids: this.ids,
      log: () => this.#need(EventLog, "Events"),
      catalogue: this.#events,
    };
    const states: LeadStates = {
      state: (status) => this.#states.state(status),
      canTransition: (from, to) => this.#states.canTransition(from, to),
      all: () => this.#states.all(),
    };
    const view: KernelView = {
      inspect: () => this.#afterStart(() => this.describe()),
      health: () => this.#afterStart(() => this.health()),
      isReady: () => this.#isReady,
      watch: (changed) => {
        this.#watchers.add(changed);
        return () => void this.#watchers.delete(changed);
      },
    };
    return new Map<Contract<unknown>, unknown>([
      [MessageBus, this.bus],
      [EventDispatcher, createEventDispatcher(events)],
      [Clock, this.clock],
      [Ids, this.ids],
      [EventCatalogue, this.#events],
      [LeadStates, states],
      [DeclaredFields, { all: () => this.#fields } satisfies DeclaredFields],
      [KernelView, view],
      [RouteTable, { routes: () => this.#live.flatMap(routesOf) } satisfies RouteTable],
      [Logger, this.#fallbackLogger],
    ]);
  }

  #afterStart<T>(answer: () => T): T {
    if (this.#isStarted) return answer();
    throw new CrmError("CRM_KERNEL_NOT_STARTED", "The kernel has not started yet: use KernelView from `start` on.");
  }

  #need<T>(reference: Contract<T>, what: string): T {
    const service = this.#services.get(reference);
    if (service !== undefined) return service as T;
    throw new CrmError(
      "CRM_KERNEL_MISSING_CONTRACT",
      `${what} need ${contractId(reference)}. Add a storage plugin, such as memory() or mikroOrm().`,
      { details: { contract: contractId(reference) } },
    );
  }
}

function provided({ definition, wiring }: BootedPlugin): [Contract<unknown>, unknown][] {
  return Object.entries(definition.provides ?? {}).flatMap(([name, reference]) => {
    const service = (wiring.provide as Record<string, unknown> | undefined)?.[name];
    return service === undefined ? [] : [[reference, service] as [Contract<unknown>, unknown]];
  });
}

function routesOf({ plugin, wiring }: BootedPlugin): PluginRoute[] {
  const { id, permissions } = identityOf(plugin);
  return (wiring.routes ?? []).map((route) => ({ ...route, plugin: id, permissions }));
}

function idsOf(plugins: readonly Plugin[]): Set<string> {
  return new Set(plugins.map(({ definition }) => definition.id));
}

function replace<K, V>(map: Map<K, V>, by: ReadonlyMap<K, V>): void {
  map.clear();
  for (const [key, value] of by) map.set(key, value);
}
