import { CrmError, type Health, type PlacementServices, runInContext, toCrmError } from "@crmessenger/kernel";
import type { Logger } from "@crmessenger/kernel/infrastructure";
import { type CallOptions, type Caller, type Step, standingOf } from "../rpc/caller.ts";
import { type Contexts, homeContexts } from "../rpc/context-wire.ts";
import type { Definitions } from "../rpc/definitions.ts";
import type { Message, Root } from "../rpc/messages.ts";
import { type Blueprint, type Manifest, type Phase, shapeOf } from "../guest/manifest.ts";
import { CrashHistory } from "./crash-history.ts";
import { type EndCause, STOPPED, endedError } from "./end-cause.ts";
import { Generation } from "./generation.ts";
import type { Limits } from "./limits.ts";
import type { Links } from "./links.ts";

export interface SupervisorOptions {
  readonly blueprint: Blueprint;
  readonly permissions: readonly string[];
  readonly definitions: Definitions;
  readonly limits: Limits;
  readonly services: PlacementServices;
  /** In [0, 1): jitter of restarts. */
  readonly random: () => number;
}

type State =
  | { readonly kind: "starting" }
  | { readonly kind: "up" }
  | { readonly kind: "waiting"; readonly cause: EndCause; readonly until: number; readonly cancel: () => void }
  | { readonly kind: "quarantined"; readonly cause: EndCause }
  | { readonly kind: "stopped" };

const HEALTH_DEADLINE_MS = 1_500;

/** Keeps the worker of one plugin: starts it, starts it again when it ended by itself, and gives up when it won't stay. */
export class Supervisor implements Caller {
  readonly #options: SupervisorOptions;
  readonly #contexts: Contexts = homeContexts();
  readonly #history: CrashHistory;
  readonly #done = new Set<Phase>();
  readonly #watchers = new Set<(isUp: boolean) => void>();
  /** Messages of the first boot, until there is something to call. */
  #kept: Message[] = [];
  #generation: Generation | undefined;
  #state: State = { kind: "starting" };
  #links: Links | undefined;
  #manifest: Manifest | undefined;
  #stableHandles = 0;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#history = new CrashHistory(options.limits.restart);
  }

  get #plugin(): string {
    return this.#options.blueprint.id;
  }

  get #logger(): Logger {
    return this.#links?.logger ?? this.#options.services.logger;
  }

  /** Starts the first worker and boots the plugin in it. */
  async prepare(): Promise<Manifest> {
    let cause: EndCause | undefined;
    const generation = this.#create((ended) => (cause = ended));
    try {
      this.#manifest = await this.#boot(generation);
      this.#stableHandles = await this.#seal(generation);
      return this.#manifest;
    } catch (error) {
      this.#state = { kind: "stopped" };
      generation.end(cause ?? STOPPED);
      throw error;
    }
  }

  /** The kernel has booted: what the worker asked for meanwhile happens now, and what fails of it is thrown. */
  link(links: Links): void {
    this.#links = links;
    this.#state = { kind: "up" };
    this.#history.up(this.#now());
    this.#generation?.watch();
    const failures: unknown[] = [];
    for (const message of this.#kept) this.#generation?.receive(message, (error) => failures.push(error));
    this.#kept = [];
    if (failures.length > 0) throw toCrmError(failures[0]);
  }

  /** Calls back whenever the worker comes up again or goes down. */
  watch(changed: (isUp: boolean) => void): () => void {
    this.#watchers.add(changed);
    return () => this.#watchers.delete(changed);
  }

  async call(root: Root, steps: readonly Step[], options: CallOptions = {}): Promise<unknown> {
    const generation = this.#reachable(options);
    const deadlineMs = options.deadlineMs ?? this.#options.limits.callDeadlineMs;
    return generation.call(root, steps, { ...options, deadlineMs });
  }

  /** Calls a function of the worker, for the given time or as long as it takes. */
  async callFunction(run: object, args: readonly unknown[], options: CallOptions): Promise<unknown> {
    const { handle, member } = standingOf(run) ?? { handle: 0, member: "" };
    return this.#reachable(options).call(handle, [{ member, args }], options);
  }

  tell(root: Root, steps: readonly Step[]): void {
    this.#reachable({}).tell(root, steps);
  }

  wait(root: Root, steps: readonly Step[]): unknown {
    return this.#reachable({}).wait(root, steps);
  }

  /** Runs `start` or `ready`, now and after each restart. */
  async begin(phase: "start" | "ready"): Promise<void> {
    this.#generation?.hold(true);
    await this.#runPhase(this.#reachable({ purpose: { kind: "phase", name: phase } }), phase);
    this.#done.add(phase);
  }

  async health(): Promise<Health> {
    const state = this.#state;
    if (state.kind === "quarantined") return { status: "down", reason: this.#quarantined(state.cause, {}).message };
    if (state.kind !== "up") return { status: "degraded", reason: this.#unreachable({}).message };
    const purpose = { kind: "phase", name: "health" } as const;
    const has = this.#manifest?.phases.includes("health");
    const answer = await this.call("main", [{ member: has ? "run" : "ping", args: ["health"] }], {
      purpose,
      deadlineMs: HEALTH_DEADLINE_MS,
    });
    return has ? (answer as Health) : { status: "up" };
  }

  /** Runs the plugin's `stop` and ends the worker. */
  async stop(): Promise<void> {
    const state = this.#state;
    const generation = this.#generation;
    try {
      if (state.kind === "up" && generation) await this.#runPhase(generation, "stop");
    } finally {
      await this.release();
    }
  }

  /** Ends the worker. */
  async release(): Promise<void> {
    if (this.#state.kind === "waiting") this.#state.cancel();
    this.#state = { kind: "stopped" };
    this.#generation?.end(STOPPED);
    await this.#generation?.gone;
  }

  #now(): number {
    return this.#options.services.clock.now();
  }

  #create(ended: (cause: EndCause) => void): Generation {
    const { blueprint, limits, definitions } = this.#options;
    const isFirst = this.#manifest === undefined;
    const generation: Generation = new Generation({
      plugin: blueprint.id,
      limits,
      contexts: this.#contexts,
      definitions,
      logger: () => this.#logger,
      offered: (name) => this.#offered(name),
      callerOf: (handle) => (handle <= this.#stableHandles ? this : undefined),
      admit: (message) => this.#admit(message, isFirst),
      ended: (cause) => {
        ended(cause);
        if (this.#generation === generation) this.#ended(cause);
      },
    });
    this.#generation = generation;
    return generation;
  }

  #boot(generation: Generation): Promise<Manifest> {
    const purpose = { kind: "phase", name: "boot" } as const;
    const { blueprint, limits } = this.#options;
    return generation.call("main", [{ member: "boot", args: [blueprint] }], {
      purpose,
      deadlineMs: limits.startDeadlineMs,
    }) as Promise<Manifest>;
  }

  #seal(generation: Generation): Promise<number> {
    return generation.call("main", [{ member: "seal", args: [] }]) as Promise<number>;
  }

  async #runPhase(generation: Generation, phase: Phase): Promise<void> {
    if (!this.#manifest?.phases.includes(phase)) return;
    const { startDeadlineMs, stopDeadlineMs } = this.#options.limits;
    await generation.call("main", [{ member: "run", args: [phase] }], {
      purpose: { kind: "phase", name: phase },
      deadlineMs: phase === "stop" ? stopDeadlineMs : startDeadlineMs,
    });
  }

  #offered(name: string): unknown {
    if (name === "log") return { write: this.#write };
    if (this.#links) return this.#links.offered(name);
    throw new CrmError(
      "CRM_WORKER_BOOTING",
      `Plugin "${this.#plugin}" waits for an answer while it boots: ask for it from \`start\` on.`,
      { details: { plugin: this.#plugin } },
    );
  }

  readonly #write = (level: "debug" | "info" | "warn" | "error", message: string, fields: object): void => {
    this.#logger[level](message, { ...fields });
  };

  /** Nothing is there to call during the first boot; what a later one registers is registered already. */
  #admit(message: Message, isFirst: boolean): boolean {
    if ((message.type !== "call" && message.type !== "tell") || typeof message.root === "number") return true;
    if (message.root === "log") return true;
    if (message.type === "tell" && !isFirst && this.#state.kind === "starting") return false;
    if (this.#links || (message.type === "call" && message.waits)) return true;
    this.#kept.push(message);
    return false;
  }

  #ended(cause: EndCause): void {
    const { kind } = this.#state;
    if (kind === "stopped" || !this.#links) return;
    for (const changed of this.#watchers) changed(false);
    const { services, random } = this.#options;
    const delay = this.#history.crashed(this.#now(), random());
    const failure = endedError(this.#plugin, cause);
    if (delay === undefined) {
      this.#state = { kind: "quarantined", cause };
      this.#logger.error(this.#quarantined(cause, {}).message, { code: cause.code });
      return;
    }
    this.#logger.error(`${failure.message} Its worker is started again in ${delay} ms.`, { code: cause.code });
    const cancel = services.clock.schedule(delay, () => void this.#restart());
    this.#state = { kind: "waiting", cause, until: this.#now() + delay, cancel };
  }

  async #restart(): Promise<void> {
    this.#state = { kind: "starting" };
    const generation = this.#create(() => {});
    try {
      const manifest = await this.#boot(generation);
      await this.#seal(generation);
      if (this.#manifest && shapeOf(manifest) !== shapeOf(this.#manifest)) throw this.#changed();
      generation.watch();
      generation.hold(this.#done.size > 0);
      for (const phase of this.#done) await this.#asPlugin(() => this.#runPhase(generation, phase));
      if (!generation.isAlive || this.#state.kind !== "starting") return;
      this.#state = { kind: "up" };
      this.#history.up(this.#now());
      this.#logger.info(`The worker of plugin "${this.#plugin}" is up again.`);
      for (const changed of this.#watchers) changed(true);
    } catch (error) {
      const failure = toCrmError(error);
      generation.end({ code: failure.code, what: `did not start again: ${failure.message}` });
    }
  }

  #asPlugin<T>(work: () => T): T {
    const { permissions, services } = this.#options;
    const id = this.#plugin;
    const subject = { kind: "plugin" as const, id, tenantId: "default", roles: [], teams: [], permissions };
    return runInContext({ actor: { kind: "plugin", id }, subject, correlationId: services.ids.next() }, work);
  }

  #changed(): CrmError {
    return new CrmError(
      "CRM_WORKER_CHANGED",
      "it boots with other handlers, jobs, routes, taps or subscriptions than before. Restart the application.",
    );
  }

  #reachable(options: CallOptions): Generation {
    if (this.#generation && (this.#state.kind === "up" || (this.#state.kind === "starting" && !this.#links)))
      return this.#generation;
    throw this.#unreachable(options);
  }

  #unreachable({ purpose }: CallOptions): CrmError {
    const state = this.#state;
    if (state.kind === "quarantined") return this.#quarantined(state.cause, purpose ? { purpose } : {});
    if (state.kind === "stopped") return endedError(this.#plugin, STOPPED, purpose);
    const retryAfterMs = state.kind === "waiting" ? Math.max(0, state.until - this.#now()) : 0;
    const what = purpose ? ` for ${purpose.kind} ${purpose.name}` : "";
    return new CrmError(
      "CRM_WORKER_RESTARTING",
      `Plugin "${this.#plugin}" is not there${what}: its worker is started again in ${retryAfterMs} ms.`,
      {
        status: 503,
        retryable: true,
        retryAfterMs,
        details: { plugin: this.#plugin, ...(purpose ? { [purpose.kind]: purpose.name } : {}) },
      },
    );
  }

  #quarantined(cause: EndCause, { purpose }: CallOptions): CrmError {
    return new CrmError(
      "CRM_WORKER_QUARANTINED",
      `Plugin "${this.#plugin}" is in quarantine: its worker ended ${this.#history.count} times, at last because it ${cause.what}. Disable and enable the plugin, or restart the application.`,
      {
        status: 503,
        details: { plugin: this.#plugin, ...(purpose ? { [purpose.kind]: purpose.name } : {}), code: cause.code },
      },
    );
  }
}
