import { CrmError, executionContext, isCrmError, toCrmError } from "@crmessenger/kernel";
import type { Funnel, FunnelPlan, ReportDataSource, ReportPlan, ReportRows } from "@crmessenger/kernel/analytics";
import type { Json, SqlDatabase, UnitOfWork } from "@crmessenger/kernel/infrastructure";
import type { Build, BuildStore } from "../store/build-store.ts";
import { chooseSummary } from "../summary/choose-summary.ts";
import { type FunnelRow, funnelSql, funnelsOf } from "./funnel-sql.ts";
import { columnsIn } from "./columns-in.ts";
import type { FactPlace } from "./fact-place.ts";
import { type SqlText, reportSql } from "./report-sql.ts";

export interface DataSourceServices {
  readonly sql: SqlDatabase;
  readonly unitOfWork: UnitOfWork;
  readonly builds: BuildStore;
  readonly asOf: (build: Build) => Promise<string>;
  /** Milliseconds that a report may take. */
  readonly timeoutMs: number;
}

/** Computes reports in the database that the facts are in. */
export class SqlReportDataSource implements ReportDataSource {
  readonly #services: DataSourceServices;

  constructor(services: DataSourceServices) {
    this.#services = services;
  }

  async run(plan: ReportPlan, signal?: AbortSignal): Promise<ReportRows> {
    signal?.throwIfAborted();
    return this.#inTime(async () => {
      const build = await this.#live(plan.fact.name);
      const summary = chooseSummary(build.summaries, plan);
      const place = { ...placeOf(build, columnsIn(plan)), ...(summary && { summary }) };
      const asOf = await this.#services.asOf(build);
      const [answer] = await this.#query<{ rows: Json[][]; totals: Json[] }>(
        await reportSql(this.#services.sql, plan, place),
      );
      const rows = answer?.rows ?? [];
      return {
        rows: rows.slice(0, plan.limit),
        totals: answer?.totals ?? [],
        truncated: rows.length > plan.limit,
        asOf,
      };
    });
  }

  async funnel(plan: FunnelPlan, signal?: AbortSignal): Promise<readonly Funnel[]> {
    signal?.throwIfAborted();
    return this.#inTime(async () => {
      const { fact, criteria, period, by } = plan;
      const asked = columnsIn({ criteria, period, groups: by === null ? [] : [{ column: by, grain: null }] });
      const places = {
        fact: placeOf(await this.#live(fact.name), asked),
        history: placeOf(await this.#live(fact.history.fact), []),
      };
      const rows = await this.#query<FunnelRow>(await funnelSql(this.#services.sql, plan, places));
      return funnelsOf(rows, plan.steps, by === null);
    });
  }

  async #live(fact: string): Promise<Build> {
    const build = await this.#services.builds.live(fact);
    if (build) return build;
    throw unavailable(`The facts "${fact}" are being built for the first time. Try again in a while.`);
  }

  #query<R extends Readonly<Record<string, unknown>>>({ sql, parameters }: SqlText): Promise<readonly R[]> {
    return this.#services.sql.query<R>(sql, parameters);
  }

  /** The database gives up when nobody waits any longer. */
  async #inTime<T>(work: () => Promise<T>): Promise<T> {
    const { sql, unitOfWork, timeoutMs } = this.#services;
    const limit = (ms: string) => sql.query(`select set_config('statement_timeout', $1, true)`, [ms]);
    try {
      return await unitOfWork.run(
        async () => {
          await limit(String(timeoutMs));
          const answer = await work();
          await limit("0");
          return answer;
        },
        { deadlineMs: timeoutMs },
      );
    } catch (thrown) {
      throw reportError(toCrmError(thrown), timeoutMs);
    }
  }
}

function placeOf({ table, columns }: Build, asked: readonly string[]): FactPlace {
  const missing = asked.find((column) => !Object.hasOwn(columns, column));
  if (missing !== undefined) throw unavailable(`The column "${missing}" is new and being built. Try again in a while.`);
  return { table, columns, tenantId: executionContext().tenantId };
}

function unavailable(message: string): CrmError {
  return new CrmError("CRM_REPORT_UNAVAILABLE", message, { status: 503, retryable: true });
}

const TIMED_OUT = "57014";

function reportError(error: CrmError, timeoutMs: number): CrmError {
  const { sqlState } = error.details;
  if (isCrmError(error, "CRM_UOW_DEADLINE") || sqlState === TIMED_OUT)
    return new CrmError(
      "CRM_REPORT_TIMEOUT",
      `The report took longer than ${timeoutMs} ms. Narrow its period or its criteria.`,
      { status: 504, cause: error },
    );
  if (isCrmError(error, "CRM_STORAGE_UNAVAILABLE"))
    return new CrmError("CRM_REPORT_UNAVAILABLE", "The facts can't be reached at the moment. Try again in a while.", {
      status: 503,
      retryable: true,
      cause: error,
    });
  return error;
}
