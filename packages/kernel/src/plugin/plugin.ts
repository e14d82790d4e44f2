import type { z } from "zod";
import type { Handler } from "../bus/handler.ts";
import type { EventDefinition } from "../bus/event-definition.ts";
import type { Contract } from "../contract.ts";
import type { FieldDeclarations } from "../extensibility/declared-fields.ts";
import type { HookTaps } from "../hooks/hook-registry.ts";
import type { HookOf } from "../hooks/hook.ts";
import type { HookKind } from "../hooks/hook-point.ts";
import type { PluginTypes, pluginTypes } from "./composition.ts";
import type { Placement } from "./placement.ts";
import type { Route } from "../http/route.ts";
import type { JobDefinition, JobRun } from "../infrastructure/jobs.ts";
import type { JsonObject } from "../infrastructure/json.ts";
import type { Logger } from "../infrastructure/logger.ts";
import type { StoredEvent } from "../infrastructure/event-log.ts";
import type { LeadState } from "../sales/lead-state.ts";
import type { ConfigProxy, ConfigDeclaration } from "../extensibility/config-proxy.ts";

/** Named contracts: `{ storage: Storage }`. */
export type Contracts = Readonly<Record<string, Contract<unknown>>>;

/** The implementations behind named contracts: `{ storage: Storage }`. */
export type Services<C extends Contracts> = { readonly [K in keyof C]: C[K] extends Contract<infer T> ? T : never };
export type OptionalServices<C extends Contracts> = {
  readonly [K in keyof C]?: C[K] extends Contract<infer T> ? T : never;
};

type PointLike = { readonly kind: HookKind; readonly name: string };

/** What a plugin gets at boot besides its dependencies. */
export interface PluginContext<O> {
  readonly id: string;
  readonly options: O;
  /** The declared environment variables, and no others. */
  readonly config: ConfigProxy;
  /** Lines carry the plugin's id. */
  readonly logger: Logger;
  /** The machine behind a hook point that this plugin declared in `hooks`, for calling it. */
  hook<P extends PointLike>(point: P): HookOf<P>;
  /** Makes an `@injectable` class from a container that holds the declared dependencies and nothing else. */
  resolve<T>(target: new (...args: never[]) => T): T;
  /** Runs work on the plugin's own account, with its declared permissions and outside any unit of work: for what no operation started (timers, sockets). */
  run<T>(work: () => Promise<T>): Promise<T>;
}

export type HealthStatus = "up" | "degraded" | "down";

export interface Health {
  readonly status: HealthStatus;
  /** A sentence a person can act on. */
  readonly reason?: string;
  readonly details?: JsonObject;
}

/** A job kind with the code that does it. Made by `work`. */
export interface JobHandler {
  readonly job: JobDefinition;
  readonly run: (run: JobRun) => Promise<void>;
}

/** Does the jobs of a kind. */
export function work<T>(job: JobDefinition<T>, run: (run: JobRun<T>) => Promise<void>): JobHandler {
  return { job: job as unknown as JobDefinition, run: run as unknown as JobHandler["run"] };
}

/** What `boot` answers with: everything the plugin brings to life. All of it is optional. */
export interface Wiring<P extends Contracts> {
  /** One implementation for each contract in `provides`. */
  readonly provide?: Services<P>;
  readonly handlers?: readonly Handler[];
  readonly jobs?: readonly JobHandler[];
  readonly routes?: readonly Route[];
  /** Runs after everything it depends on has started. */
  start?(): Promise<void>;
  /** Runs once every plugin has started and events and jobs flow: where servers begin to listen. */
  ready?(): Promise<void>;
  /** Runs in reverse order; finishes what is in hand. */
  stop?(): Promise<void>;
  health?(): Promise<Health>;
}

/** An event as a subscriber gets it: in the version it was written for. */
export interface DeliveredEvent<T = JsonObject> extends Omit<StoredEvent, "payload"> {
  readonly payload: T;
}

export interface SubscribeOptions {
  /** Distinguishes several subscriptions of one plugin. Default `main`. */
  readonly name?: string;
  readonly from?: "start" | "head";
  readonly maxAttempts?: number;
}

/**
 * What `subscribe` gets. A handler runs inside the unit of work that moves the subscription's checkpoint, as the
 * plugin with its declared permissions: what it stores happens exactly once. It enqueues jobs for the outside world.
 */
export interface EventSubscriptions {
  on<T>(event: EventDefinition<T>, run: (event: DeliveredEvent<T>) => Promise<void>): EventSubscriptions;
  /** The following `on` calls belong to a subscription of this name. */
  subscription(options: SubscribeOptions): EventSubscriptions;
}

/** The definition of a plugin: data as far as possible, and `boot` that wires. */
export interface PluginDefinition<
  D extends Contracts,
  X extends Contracts,
  P extends Contracts,
  S extends z.ZodType,
  I extends string = string,
  C extends string = string,
  E extends EventDefinition<unknown> = EventDefinition<unknown>,
  F extends FieldDeclarations = FieldDeclarations,
> {
  /** Unique in an application; kebab-case. */
  readonly id: I;
  /** Of the package. */
  readonly version: string;
  readonly deps?: D;
  /** Used when the application has them; they boot first unless they need this plugin themselves. */
  readonly optionalDeps?: X;
  readonly provides?: P;
  /** Validated at boot; an error names the plugin and the path. */
  readonly options?: S;
  /** Every environment variable the plugin will ever see. */
  readonly config?: ConfigDeclaration;
  /** What the plugin may do when it acts on its own account; `*` at the end of a name matches the rest. */
  readonly permissions?: readonly string[];
  /** Hook points that this plugin calls. */
  readonly hooks?: readonly PointLike[];
  /** Events that this plugin records. */
  readonly events?: readonly E[];
  /** Custom fields that it adds to entities: `{ lead: { carModel: { type: { kind: "text" } } } }`. */
  readonly fields?: F;
  /** The types of the channels that it registers. */
  readonly channels?: readonly C[];
  /** States it adds to leads, or transitions it adds to states. */
  readonly states?: readonly LeadState[];
  /** Synchronous and without effects outside: reading, connecting and writing begin in `start`. */
  boot?(services: Services<D> & OptionalServices<X>, context: PluginContext<z.output<S>>): Wiring<P>;
  extend?(
    taps: HookTaps,
    services: Services<D> & OptionalServices<X> & Services<P>,
    context: PluginContext<z.output<S>>,
  ): void;
  subscribe?(
    events: EventSubscriptions,
    services: Services<D> & OptionalServices<X> & Services<P>,
    context: PluginContext<z.output<S>>,
  ): void;
}

/** A definition without its type parameters, as the kernel holds it. */
export type AnyPluginDefinition = Omit<
  PluginDefinition<Contracts, Contracts, Contracts, z.ZodType>,
  "boot" | "extend" | "subscribe"
> & {
  readonly boot?: (services: never, context: never) => Wiring<Contracts>;
  readonly extend?: (taps: HookTaps, services: never, context: never) => void;
  readonly subscribe?: (events: EventSubscriptions, services: never, context: never) => void;
};

/** A plugin with its options: what an application lists. */
export interface Plugin<T extends PluginTypes = PluginTypes> {
  readonly [pluginTypes]?: T;
  readonly definition: AnyPluginDefinition;
  readonly options: unknown;
  /** Boot goes on without it when it fails; health says so. */
  readonly optional: boolean;
  /** Where it runs; in the kernel's own process when absent. */
  readonly placement?: Placement;
}
