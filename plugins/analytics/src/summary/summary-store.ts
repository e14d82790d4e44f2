import { createHash } from "node:crypto";
import type { Clock, SqlDatabase, UnitOfWork } from "@crmessenger/kernel/infrastructure";
import { Statement } from "../sql/statement.ts";
import { type Build, RETIRED_FOR_MS } from "../store/build-store.ts";
import { quoted } from "../store/fact-table.ts";
import type { SummaryPlan } from "./summary-plan.ts";
import { type Summary, addToSummary, createSummary } from "./summary-table.ts";

/** A great table takes minutes to be counted once. */
const FILL_MS = 30 * 60_000;

/** Makes and drops the summaries of builds. They stand in the build's own row, whose lock every change of its facts takes. */
export class SummaryStore {
  readonly #sql: SqlDatabase;
  readonly #unitOfWork: UnitOfWork;
  readonly #clock: Clock;

  constructor(services: { readonly sql: SqlDatabase; readonly unitOfWork: UnitOfWork; readonly clock: Clock }) {
    this.#sql = services.sql;
    this.#unitOfWork = services.unitOfWork;
    this.#clock = services.clock;
  }

  /** Counts the build's rows once, unless that was done; from then on they are counted as they change. */
  async keep(build: Build, plans: readonly SummaryPlan[]): Promise<void> {
    for (const plan of plans) {
      const table = tableOf(build, plan);
      if (isKept(build.summaries, table) || plan.columns.some((name) => !Object.hasOwn(build.columns, name))) continue;
      await this.#change(build, async (summaries) => {
        if (isKept(summaries, table)) return summaries;
        const summary = { ...plan, table, retiredAt: null };
        await this.#fill(build, summary);
        return [...summaries.filter((other) => other.table !== table), summary];
      });
    }
  }

  /** Ceases to count what nobody asks for any more. */
  async retireOthers(build: Build, plans: readonly SummaryPlan[]): Promise<void> {
    const wanted = new Set(plans.map((plan) => tableOf(build, plan)));
    const isOver = ({ table, retiredAt }: Summary) => retiredAt === null && !wanted.has(table);
    if (!build.summaries.some(isOver)) return;
    const retiredAt = new Date(this.#clock.now()).toISOString();
    await this.#change(build, async (summaries) =>
      summaries.map((summary) => (isOver(summary) ? { ...summary, retiredAt } : summary)),
    );
  }

  /** Drops what has been retired for a while. */
  async dropRetired(build: Build): Promise<void> {
    const isOld = ({ retiredAt }: Summary) =>
      retiredAt !== null && Date.parse(retiredAt) < this.#clock.now() - RETIRED_FOR_MS;
    if (!build.summaries.some(isOld)) return;
    await this.#change(build, async (summaries) => {
      for (const { table } of summaries.filter(isOld)) await this.#drop(table);
      return summaries.filter((summary) => !isOld(summary));
    });
  }

  /** What is left of an earlier time is not to be trusted. */
  async #fill(build: Build, summary: Summary): Promise<void> {
    await this.#drop(summary.table);
    await this.#sql.query(createSummary(summary, build.columns));
    const statement = new Statement(this.#sql);
    const all = [{ rows: quoted(build.table), sign: "" }] as const;
    await this.#sql.query(await addToSummary(statement, summary, build.columns, all), statement.parameters);
  }

  async #drop(table: string): Promise<void> {
    await this.#sql.query(`drop table if exists ${quoted(table)}`);
  }

  async #change({ id }: Build, change: (summaries: readonly Summary[]) => Promise<readonly Summary[]>): Promise<void> {
    await this.#unitOfWork.run(
      async () => {
        const [build] = await this.#sql.query<Pick<Build, "status" | "summaries">>(
          "select status, summaries from analytics_builds where id = $1 for update",
          [id],
        );
        if (!build || build.status === "retired") return;
        await this.#sql.query("update analytics_builds set summaries = $2::jsonb where id = $1", [
          id,
          JSON.stringify(await change(build.summaries)),
        ]);
      },
      { deadlineMs: FILL_MS },
    );
  }
}

function isKept(summaries: readonly Summary[], table: string): boolean {
  return summaries.some((summary) => summary.table === table && summary.retiredAt === null);
}

/** The same question of the same build has the same table. */
function tableOf({ table }: Build, { began, timeZone, columns, counts }: SummaryPlan): string {
  const text = JSON.stringify([began, timeZone, columns, counts]);
  return `${table}_s${createHash("sha256").update(text).digest("hex").slice(0, 8)}`;
}
