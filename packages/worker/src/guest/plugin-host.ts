import {
  type AnyPluginDefinition,
  type Contract,
  CrmError,
  type Handler,
  type JobHandler,
  type PluginContext,
  type PluginDefinition,
  type Contracts,
  type Wiring,
  contractId,
  pluginContainer,
  reachOf,
  runInContext,
  runOutsideUnitOfWork,
  executionContext,
} from "@crmessenger/kernel";
import { ChannelRegistry } from "@crmessenger/kernel/communication";
import { createConfigProxy } from "@crmessenger/kernel/extensibility";
import { Clock, Ids, Logger, systemClock, uuidV7 } from "@crmessenger/kernel/infrastructure";
import type { z } from "zod";
import { guestChannelRegistry } from "../channels/guest-channel-registry.ts";
import type { Peer } from "../rpc/peer.ts";
import { remoteContract } from "../rpc/remote-contract.ts";
import { findDefinition } from "./find-definition.ts";
import { forwardingLogger } from "./forwarding-logger.ts";
import type { Blueprint, Manifest, Phase } from "./manifest.ts";
import { SubscriptionList } from "./subscription-list.ts";
import { tapList } from "./tap-list.ts";

type AnyDefinition = PluginDefinition<Contracts, Contracts, Contracts, z.ZodType>;

const PHASES: readonly Phase[] = ["start", "ready", "stop", "health"];

/** The plugin in its worker: boots it with proxies of what it depends on. */
export class PluginHost {
  readonly #peer: Peer;
  readonly #blueprint: Blueprint;
  readonly #definition: AnyPluginDefinition;
  readonly #ids: Ids = uuidV7();
  #wiring: Wiring<Contracts> = {};

  constructor(peer: Peer, blueprint: Blueprint, module: object) {
    this.#peer = peer;
    this.#blueprint = blueprint;
    this.#definition = findDefinition(blueprint.id, module, blueprint.module);
  }

  boot(): Manifest {
    return this.#asPlugin(() => {
      const definition = this.#definition as AnyDefinition;
      const context = this.#context();
      const services = this.#services();
      this.#wiring = definition.boot?.(services as never, context as never) ?? {};
      const { handlers = [], jobs = [], routes = [], provide = {} } = this.#wiring;
      const own = { ...services, ...provide };
      const taps = tapList();
      definition.extend?.(taps.facade, own as never, context as never);
      const subscriptions = new SubscriptionList();
      definition.subscribe?.(subscriptions, own as never, context as never);
      return {
        handlers: handlers.map((handler) => this.#checked(handler)),
        jobs: jobs.map((handler) => this.#checkedJob(handler)),
        routes: routes.map((route) => ({ ...route, handle: (request) => route.handle(request) })),
        taps: taps.entries,
        subscriptions: subscriptions.entries,
        phases: PHASES.filter((phase) => this.#wiring[phase] !== undefined),
        provided: Object.keys(provide),
      };
    });
  }

  run(phase: Phase): unknown {
    return this.#wiring[phase]?.();
  }

  /** What the plugin provides, under the name of its root. */
  provided(root: string): unknown {
    const { provide = {} } = this.#wiring;
    return (provide as Readonly<Record<string, unknown>>)[root.slice("provided:".length)];
  }

  #services(): Record<string, unknown> {
    const { deps = {}, optionalDeps = {} } = this.#definition;
    const { present } = this.#blueprint;
    const optional = Object.entries(optionalDeps).filter(([name]) => present.includes(name));
    return Object.fromEntries(
      [...Object.entries(deps), ...optional].map(([name, reference]) => [name, this.#service(name, reference)]),
    );
  }

  #service(name: string, reference: Contract<unknown>): unknown {
    const reach = reachOf(reference);
    if (reach === "local") return this.#local(reference);
    const root = `dep:${name}`;
    const service = remoteContract({ caller: this.#peer, root, contract: contractId(reference) }, reach);
    if (reference !== ChannelRegistry) return service;
    return guestChannelRegistry(service as ChannelRegistry, (fields) => forwardingLogger(this.#peer, fields));
  }

  #local(reference: Contract<unknown>): unknown {
    if (reference === Clock) return systemClock;
    if (reference === Ids) return this.#ids;
    if (reference === Logger) return forwardingLogger(this.#peer);
    throw new CrmError(
      "CRM_WORKER_CONTRACT",
      `Plugin "${this.#blueprint.id}" needs ${contractId(reference)}, which no worker has an implementation of: run it without inWorker.`,
      { details: { plugin: this.#blueprint.id, contract: contractId(reference) } },
    );
  }

  #context(): PluginContext<unknown> {
    const { id, options, environment } = this.#blueprint;
    const { config = {}, deps = {} } = this.#definition;
    const services = this.#services();
    const hookReach = { name: "read", kind: "read", taps: "read" } as const;
    const context: Omit<PluginContext<unknown>, "hook" | "resolve"> = {
      id,
      options,
      config: createConfigProxy(id, config, environment),
      logger: forwardingLogger(this.#peer),
      run: (work) => runOutsideUnitOfWork(() => this.#asPlugin(work, this.#ids.next())),
    };
    const remote = { caller: this.#peer, root: "context" };
    return {
      ...context,
      hook: (point) =>
        remoteContract({ ...remote, contract: point.name }, hookReach, [{ member: "hook", args: [point] }]) as never,
      resolve: (target) =>
        pluginContainer(Object.entries(deps).map(([name, reference]) => [reference, services[name]] as const)).resolve(
          target as never,
        ),
    };
  }

  /** The kernel has checked the input by the definition it knows; one that it was only told of is checked here. */
  #checked(handler: Handler): Handler {
    const { operation, unitOfWork } = handler;
    const plain = { operation, unitOfWork };
    if (this.#blueprint.known.includes(`operation ${operation.name}`))
      return { ...plain, run: (input, context) => handler.run(input, context) };
    return {
      ...plain,
      run: (input, context) => handler.run(parse(operation.input, input, operation.name) as never, context),
    };
  }

  #checkedJob({ job, run }: JobHandler): JobHandler {
    if (this.#blueprint.known.includes(`job ${job.name}`)) return { job, run: (given) => run(given) };
    return { job, run: (given) => run({ ...given, data: parse(job.data, given.data, job.name) as never }) };
  }

  #asPlugin<T>(work: () => T, correlationId?: string): T {
    const { id } = this.#blueprint;
    const { tenantId } = executionContext();
    const { permissions = [] } = this.#definition;
    const subject = { kind: "plugin" as const, id, tenantId, roles: [], teams: [], permissions };
    return runInContext(
      { actor: { kind: "plugin", id }, subject, ...(correlationId === undefined ? {} : { correlationId }) },
      work,
    );
  }
}

function parse(schema: z.ZodType, input: unknown, name: string): unknown {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => ({ path: path.map(String).join("."), message }));
  throw new CrmError("CRM_BUS_INVALID_INPUT", `The input of ${name} is wrong: ${issues[0]?.message ?? ""}.`, {
    status: 422,
    details: { operation: name, issues },
  });
}
