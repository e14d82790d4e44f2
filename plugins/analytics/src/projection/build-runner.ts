import { eventInVersion, runInContext } from "@crmessenger/kernel";
import type { Projection } from "@crmessenger/kernel/analytics";
import type {
  EventCatalogue,
  EventLog,
  RunningSubscription,
  SqlDatabase,
  StoredEvent,
} from "@crmessenger/kernel/infrastructure";
import type { Build, BuildStore } from "../store/build-store.ts";
import { type FactStatements, factStatements } from "../store/fact-statements.ts";
import { SqlFactRows } from "../store/sql-fact-rows.ts";
import type { Summary } from "../summary/summary-table.ts";

export interface RunnerServices {
  readonly sql: SqlDatabase;
  readonly eventLog: EventLog;
  readonly catalogue: EventCatalogue;
  readonly builds: BuildStore;
  /** Milliseconds that events may wait for others. */
  readonly delayMs: number;
}

const BATCH = 1_000;

/** The subscription that keeps a build up to date. */
export function subscriptionOf({ id }: Pick<Build, "id">): string {
  return `analytics.${id}`;
}

/** Hands a build its events, from the start of the log on: rows and checkpoint commit together. */
export class BuildRunner {
  readonly build: Build;
  readonly #projection: Projection;
  readonly #services: RunnerServices;
  #statements: { readonly key: string; readonly ready: Promise<FactStatements> } | undefined;
  readonly #caughtUp: () => Promise<void>;
  #running: RunningSubscription | undefined;

  /** `caughtUp` is called, in the unit of work, when a build may have seen all there is. */
  constructor(build: Build, projection: Projection, services: RunnerServices, caughtUp: () => Promise<void>) {
    this.build = build;
    this.#projection = projection;
    this.#services = services;
    this.#caughtUp = caughtUp;
  }

  async start(): Promise<void> {
    this.#running = await this.#services.eventLog.subscribe({
      name: subscriptionOf(this.build),
      topics: Object.keys(this.#projection.topics),
      from: "start",
      batchSize: BATCH,
      lingerMs: this.#services.delayMs,
      handle: (events) => this.#handle(events),
    });
  }

  async stop(): Promise<void> {
    await this.#running?.stop();
  }

  /** Events that it has seen before, since somebody replayed its subscription, are in its rows already. */
  async #handle(events: readonly StoredEvent[]): Promise<void> {
    const last = events.at(-1);
    const before = last && (await this.#services.builds.advance(this.build.id, last));
    if (!before || before.status === "retired") return;
    const fresh = events.filter(({ position }) => position > before.position).map((event) => this.#asWritten(event));
    const statements = await this.#statementsWith(before.summaries);
    for (const [tenantId, ofTenant] of Map.groupBy(fresh, (event) => event.tenantId)) {
      const rows = new SqlFactRows(this.#services.sql, statements, tenantId);
      await runInContext({ tenantId }, () => this.#projection.apply(ofTenant, rows));
    }
    if (before.status === "building" && events.length < BATCH) await this.#caughtUp();
  }

  /** Which summaries there are is the build's to say at the moment: another process may have begun one. */
  #statementsWith(summaries: readonly Summary[]): Promise<FactStatements> {
    const key = JSON.stringify(summaries);
    if (this.#statements?.key !== key)
      this.#statements = { key, ready: factStatements(this.#services.sql, { ...this.build, summaries }) };
    return this.#statements.ready;
  }

  /** The event in the version that the projection was written for. */
  #asWritten(event: StoredEvent): StoredEvent {
    const wanted = this.#projection.topics[event.topic];
    const definition = this.#services.catalogue.definition(event.topic);
    return definition && wanted !== undefined ? eventInVersion(definition, event, wanted) : event;
  }
}
