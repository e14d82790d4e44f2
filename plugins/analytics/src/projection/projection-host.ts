import { executionContext, toCrmError } from "@crmessenger/kernel";
import type { FactDefinition, Projection, ProjectionState, Projections } from "@crmessenger/kernel/analytics";
import {
  type Clock,
  type Logger,
  type Registry,
  type RunningSubscription,
  type UnitOfWork,
  createRegistry,
} from "@crmessenger/kernel/infrastructure";
import type { Build, BuildPlan } from "../store/build-store.ts";
import type { FactColumns } from "../store/fact-table.ts";
import { columnsOf } from "../store/field-column.ts";
import type { FieldStore, ReportableField } from "../store/field-store.ts";
import type { SummaryKeeper } from "../summary/summary-keeper.ts";
import { BuildRunner, type RunnerServices, subscriptionOf } from "./build-runner.ts";

export interface HostServices extends RunnerServices {
  readonly fields: FieldStore;
  readonly summaries: SummaryKeeper;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly unitOfWork: UnitOfWork;
  /** Runs work as the plugin, outside any unit of work. */
  run<T>(work: () => Promise<T>): Promise<T>;
}

/** How often what other processes did is looked up. */
const LOOK_EVERY_MS = 10_000;
const START_OF_TIME = "1970-01-01T00:00:00.000Z";

/** Keeps every registered projection built, and up to date. */
export class ProjectionHost implements Projections {
  readonly #services: HostServices;
  readonly #registry: Registry<Projection> = createRegistry<Projection>("projection");
  readonly #runners = new Map<string, BuildRunner>();
  /** Custom fields that are columns, or are becoming columns. */
  readonly #known = new Set<string>();
  #fields: RunningSubscription | undefined;
  #cancel = () => {};
  #isRunning = false;
  #turn: Promise<void> = Promise.resolve();

  constructor(services: HostServices) {
    this.#services = services;
  }

  register(projection: Projection): void {
    this.#registry.register(projection);
    this.#lookSoon();
  }

  unregister(name: string): void {
    this.#registry.unregister(name);
    this.#lookSoon();
  }

  get(name: string): Projection {
    return this.#registry.get(name);
  }

  all(): readonly Projection[] {
    return this.#registry.all();
  }

  /** Begins to follow the log. */
  async start(): Promise<void> {
    const { fields, eventLog } = this.#services;
    this.#isRunning = true;
    for (const tenant of new Set(["default", ...(await fields.tenants())]))
      await fields.refresh(tenant, this.#entities());
    await this.#services.summaries.check(this.all().map(({ fact }) => fact));
    await this.look();
    await this.#retireSummaries();
    this.#fields = await eventLog.subscribe({
      name: "analytics.fields",
      topics: ["custom-field.changed"],
      from: "start",
      lingerMs: this.#services.delayMs,
      handle: async (events) => {
        for (const tenant of new Set(events.map(({ tenantId }) => tenantId)))
          await fields.refresh(tenant, this.#entities());
        await this.#lookAfterCommit();
      },
    });
    this.#lookAgain();
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    this.#cancel();
    await this.#fields?.stop();
    await this.#turn;
    await Promise.all([...this.#runners.values()].map((runner) => runner.stop()));
    this.#runners.clear();
  }

  async states(): Promise<readonly ProjectionState[]> {
    const kept = (await this.#services.builds.all()).filter(({ status }) => status !== "retired");
    const topics = (build: Build) =>
      Object.keys(this.all().find(({ name }) => name === build.projection)?.topics ?? {});
    const progress = await this.#services.eventLog.subscriptions(
      kept.map((build) => ({ name: subscriptionOf(build), topics: topics(build) })),
    );
    const now = new Date(this.#services.clock.now()).toISOString();
    const states = kept.map((build): ProjectionState => {
      const {
        lag = 0,
        position = 0,
        deadLetters = 0,
        lastError,
      } = progress.find(({ name }) => name === subscriptionOf(build)) ?? {};
      return {
        name: build.projection,
        version: build.version,
        status: deadLetters > 0 ? "failed" : build.status === "live" ? "live" : "building",
        position: Math.max(position, build.position),
        lag,
        asOf: lag === 0 ? now : (build.asOf ?? START_OF_TIME),
        ...(deadLetters === 0 ? {} : { failure: failureOf(deadLetters, lastError) }),
      };
    });
    return [...states, ...(await this.#unbuilt(kept))];
  }

  /** Those that were registered a moment ago, or in an application that has not run since. */
  async #unbuilt(kept: readonly Build[]): Promise<readonly ProjectionState[]> {
    const isKept = ({ name, version }: Projection) =>
      kept.some((build) => build.projection === name && build.version === version);
    const missing = this.all().filter((projection) => !isKept(projection));
    const lag = missing.length === 0 ? 0 : await this.#services.eventLog.head();
    return missing.map(({ name, version }) => ({
      name,
      version,
      status: "building",
      position: 0,
      lag,
      asOf: START_OF_TIME,
    }));
  }

  /** Sees to it that these custom fields of the tenant become columns, if they are not. */
  async notice(reportable: readonly ReportableField[]): Promise<void> {
    const columns = reportable.flatMap(({ entity, ...field }) =>
      columnsOf(field).map(({ name }) => `${entity} ${name}`),
    );
    if (!this.#isRunning || columns.every((column) => this.#known.has(column))) return;
    const { tenantId } = executionContext();
    await this.#services.run(() => this.#services.fields.refresh(tenantId, this.#entities()));
    this.#lookSoon();
  }

  /** Everything that happened before this moment is in the build's rows. */
  async asOf(build: Build): Promise<string> {
    const now = new Date(this.#services.clock.now()).toISOString();
    const topics = Object.keys(this.get(build.projection).topics);
    const [state] = await this.#services.eventLog.subscriptions([{ name: subscriptionOf(build), topics }]);
    return (state?.lag ?? 0) === 0 ? now : (build.asOf ?? START_OF_TIME);
  }

  async rebuild(name: string): Promise<void> {
    const projection = this.get(name);
    const plan = await this.#planOf(projection);
    await this.#services.builds.begin(
      plan,
      (builds) => !builds.some((build) => isBuilding(build) && serves(build, plan)),
    );
    await this.#lookAfterCommit();
  }

  /** Brings what runs here in line with what is registered and what is kept. Calls queue up. */
  look(): Promise<void> {
    this.#turn = this.#turn.then(async () => {
      try {
        if (this.#isRunning) await this.#align();
      } catch (error) {
        const { code, message } = toCrmError(error);
        this.#services.logger.warn(`The projections could not be looked after: ${message}`, { code });
      }
    });
    return this.#turn;
  }

  async #align(): Promise<void> {
    const { builds } = this.#services;
    const present = await builds.all();
    for (const projection of this.all()) {
      const plan = await this.#planOf(projection);
      const isMissing = (kept: readonly Build[]) =>
        !kept.some((build) => build.status !== "retired" && serves(build, plan));
      if (isMissing(present.filter((build) => build.projection === projection.name)))
        await builds.begin(plan, isMissing);
    }
    const kept = await builds.all();
    const wanted = new Map<string, readonly [Build, Projection]>();
    for (const projection of this.all())
      for (const build of kept)
        if (build.projection === projection.name && build.version === projection.version && build.status !== "retired")
          wanted.set(build.id, [build, projection]);
    for (const [id, runner] of this.#runners) {
      if (wanted.has(id)) continue;
      this.#runners.delete(id);
      await runner.stop();
    }
    for (const [build, { fact }] of wanted.values()) await this.#services.summaries.keep(build, fact);
    for (const [id, [build, projection]] of wanted) if (!this.#runners.has(id)) await this.#run(build, projection);
    for (const [build, projection] of wanted.values())
      if (isBuilding(build)) await this.#promoteWhenCaughtUp(build, projection);
    await builds.dropRetired();
  }

  /** Once: two releases that run side by side for a while would begin and end each other's again and again. */
  async #retireSummaries(): Promise<void> {
    const kept = await this.#services.builds.all();
    for (const { name, fact } of this.all())
      for (const build of kept.filter(({ projection }) => projection === name))
        await this.#services.summaries.retireOthers(build, fact);
  }

  async #run(build: Build, projection: Projection): Promise<void> {
    const runner = new BuildRunner(build, projection, this.#services, () =>
      this.#promoteWhenCaughtUp(build, projection),
    );
    this.#runners.set(build.id, runner);
    await runner.start();
  }

  async #promoteWhenCaughtUp(build: Build, projection: Projection): Promise<void> {
    const name = subscriptionOf(build);
    const [state] = await this.#services.eventLog.subscriptions([{ name, topics: Object.keys(projection.topics) }]);
    if (!state || state.lag > 0 || state.deadLetters > 0) return;
    await this.#services.builds.promote(build);
    await this.#lookAfterCommit();
  }

  async #planOf({ name, version, fact }: Projection): Promise<BuildPlan> {
    return {
      projection: name,
      fact: fact.name,
      version,
      columns: { ...fact.columns, ...(await this.#fieldColumns(fact)) },
      timeColumn: fact.began ?? null,
    };
  }

  async #fieldColumns({ attributesOf }: FactDefinition): Promise<FactColumns> {
    if (attributesOf === undefined) return {};
    const fields = (await this.#services.fields.ofAll()).filter(({ entity }) => entity === attributesOf);
    const columns = fields.flatMap(columnsOf);
    for (const { name } of columns) this.#known.add(`${attributesOf} ${name}`);
    return Object.fromEntries(columns.map((column) => [column.name, column.kind]));
  }

  #entities(): ReadonlySet<string> {
    return new Set(this.all().flatMap(({ fact }) => fact.attributesOf ?? []));
  }

  #lookSoon(): void {
    if (this.#isRunning) void this.#services.run(() => this.look());
  }

  async #lookAfterCommit(): Promise<void> {
    if (!executionContext().unitOfWork) return this.#lookSoon();
    await this.#services.unitOfWork.run(async (unit) => unit.afterCommit(() => this.#lookSoon()));
  }

  #lookAgain(): void {
    this.#cancel = this.#services.clock.schedule(LOOK_EVERY_MS, () => {
      this.#lookSoon();
      this.#lookAgain();
    });
  }
}

function isBuilding({ status }: Build): boolean {
  return status === "building";
}

/** Whether the build has everything that the plan asks for; columns of fields that are gone do no harm. */
function serves(build: Build, { version, columns }: BuildPlan): boolean {
  return build.version === version && Object.entries(columns).every(([name, kind]) => build.columns[name] === kind);
}

function failureOf(deadLetters: number, lastError = "no reason was kept"): string {
  return `${deadLetters} events could not be applied and are missing from its rows; rebuild it once the cause is gone. The last one: ${lastError}.`;
}
