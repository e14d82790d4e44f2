import { runInContext } from "@crmessenger/kernel";
import {
  AnalyticsEngine,
  Dimensions,
  type FactRow,
  type MetricFormula,
  Metrics,
  Projections,
  ReportDataSource,
  type ReportPlan,
  type ReportQuery,
  reportQuerySchema,
} from "@crmessenger/kernel/analytics";
import { EventLog, SqlDatabase, everything, matches } from "@crmessenger/kernel/infrastructure";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { planFunnel, planReport, planSnapshot } from "../src/query/plan-report.ts";
import { bucketOf, startOfBucket } from "../src/query/time-bucket.ts";
import { type Build, BuildStore } from "../src/store/build-store.ts";
import { selectRows } from "../src/store/fact-table.ts";
import { chooseSummary } from "../src/summary/choose-summary.ts";
import { countsIn } from "../src/summary/summary-plan.ts";
import { field, fixedFields, record, startApplication, upToDate } from "./fixtures.ts";
import { beginnings, play, steps } from "./naive/history.ts";
import { type Facts, naiveFacts } from "./naive/naive-facts.ts";
import { naiveFunnel, naiveReport } from "./naive/naive-report.ts";
import { criteria as anyCriteria, sales as anySales, salesProjection, sold, total } from "./naive/sales.ts";

const ZONES = ["UTC", "Europe/Berlin", "America/Sao_Paulo", "Asia/Kolkata"];
const GRAINS = ["hour", "day", "week", "month", "quarter", "year"] as const;
const RUNS = 8;
const SUMMARIES = [
  { fact: "lead", by: ["source", "state", "lead.attributes.car"], timeZone: "America/Sao_Paulo" },
  { fact: "lead", by: ["lead.attributes.seats"], timeZone: "Asia/Kolkata" },
  { fact: "message", by: ["channel", "direction", "delivery-status"], timeZone: "Europe/Berlin" },
];

let application: Awaited<ReturnType<typeof startApplication>>;
let tenants = 0;

beforeAll(async () => {
  const fields = [
    field("car", { kind: "text" }),
    field("seats", { kind: "number" }),
    field("unused", { kind: "boolean" }, { reportable: false }),
  ];
  application = await startApplication("embedded", [fixedFields(fields)], SUMMARIES);
  await upToDate(application.kernel);
});
afterAll(() => application.stop());

const random = fc.record({
  begin: fc.constantFrom(...beginnings),
  happened: steps,
  zone: fc.constantFrom(...ZONES),
  seed: fc.nat(1_000_000),
});

/** A tenant to which this happened, with what a naive reading makes of it. */
async function happened({ begin, happened }: { begin: string; happened: Parameters<typeof play>[2] }) {
  const tenantId = `tenant-${(tenants += 1)}`;
  const events = play(tenantId, begin, happened);
  await record(application.kernel, tenantId, events);
  await upToDate(application.kernel);
  return { tenantId, facts: naiveFacts(events), events };
}

async function storedRows(
  tenantId: string,
  fact: string,
  keys: readonly string[],
): Promise<ReadonlyMap<string, FactRow>> {
  const sql = application.kernel.get(SqlDatabase);
  const build = await buildOf(fact);
  const rows = await sql.query<FactRow & { key: string }>(selectRows(build.table, build.columns), [tenantId, keys]);
  return new Map(rows.map(({ key, ...row }) => [key, row]));
}

async function buildOf(fact: string): Promise<Build> {
  const sql = application.kernel.get(SqlDatabase);
  const build = await new BuildStore(sql, { run: () => Promise.reject(new Error("unused")) }).live(fact);
  if (!build) throw new Error(`Nothing serves ${fact}.`);
  return build;
}

describe("over random histories", () => {
  test("rows say what the events say", async () => {
    await fc.assert(
      fc.asyncProperty(random, async (history) => {
        const { tenantId, facts } = await happened(history);
        for (const [fact, rows] of Object.entries(facts))
          expect(Object.fromEntries(await storedRows(tenantId, fact, [...rows.keys()])), fact).toEqual(
            Object.fromEntries(rows),
          );
      }),
      { numRuns: RUNS },
    );
  });

  test("every metric by every kind of dimension is what counting by hand comes to", async () => {
    const { kernel } = application;
    const vocabulary = await runInContext({ tenantId: "default" }, () => kernel.get(AnalyticsEngine).catalogue());
    const metrics = kernel.get(Metrics).all();
    await fc.assert(
      fc.asyncProperty(random, async ({ zone, seed, ...history }) => {
        const { tenantId, facts } = await happened(history);
        let draw = seed;
        const pick = <T>(among: readonly T[]): T =>
          among[(draw = (draw * 48_271 + 11) % 2_147_483_647) % among.length] as T;
        for (const { name, fact } of metrics) {
          const fitting = vocabulary.dimensions.filter(({ columns }) => fact in columns);
          const chosen = [...new Set([pick(fitting), pick(fitting)])].slice(0, pick([0, 1, 2]));
          const query: ReportQuery = reportQuerySchema.parse({
            metrics: [name],
            dimensions: chosen.map(({ name, kind }) => ({ name, ...(kind === "time" ? { grain: pick(GRAINS) } : {}) })),
            criteria: pick([everything, { op: "ne", field: "channel", value: "http" }]),
            sort: pick([[], [{ field: name, direction: "desc" }]]),
            having: pick([everything, { op: "gt", field: name, value: 0 }]),
            limit: pick([2, 1_000]),
            timeZone: zone,
          });
          const answer = await runInContext({ tenantId }, () => kernel.get(AnalyticsEngine).buildReport(query));
          const plan = planReport(query, vocabulary, () => everything);
          const { rows, totals, truncated } = naiveReport(plan, (facts[fact] as Facts[string]).values());
          expect(answer, JSON.stringify(query)).toMatchObject({ rows, totals, truncated });
        }
      }),
      { numRuns: RUNS },
    );
  });

  test("counts that were kept by day are what counting rows comes to", async () => {
    const { kernel } = application;
    const vocabulary = await runInContext({ tenantId: "default" }, () => kernel.get(AnalyticsEngine).catalogue());
    const question = fc.record({
      summary: fc.constantFrom(...SUMMARIES),
      grain: fc.constantFrom(undefined, "day", "week", "month", "quarter", "year"),
      counted: fc.nat(100),
      split: fc.nat(3),
      days: fc.option(fc.tuple(fc.integer({ min: -3, max: 3 }), fc.integer({ min: 0, max: 40 })), { nil: null }),
      sees: fc.constantFrom(everything, { op: "ne", field: "manager", value: "manager-1" } as const),
    });
    await fc.assert(
      fc.asyncProperty(random, fc.array(question, { minLength: 12, maxLength: 12 }), async (history, questions) => {
        const { tenantId, facts } = await happened(history);
        for (const { summary, grain, counted, split, days, sees } of questions) {
          const { fact, timeZone, by } = summary;
          const metrics = kernel
            .get(Metrics)
            .all()
            .filter((metric) => metric.fact === fact && countsIn(metric.formula));
          const midnight = (after: number) =>
            new Date(
              startOfBucket(bucketOf(Date.parse(history.begin), "day", timeZone) + after, "day", timeZone),
            ).toISOString();
          const query = reportQuerySchema.parse({
            metrics: [metrics[counted % metrics.length]?.name],
            dimensions: [
              ...by.slice(0, split).map((name) => ({ name })),
              ...(grain ? [{ name: "created", grain }] : []),
            ],
            criteria: sees,
            period: days && { dimension: "created", from: midnight(days[0]), to: midnight(days[0] + days[1] + 1) },
            limit: 1_000,
            timeZone,
          });
          const plan = planReport(query, vocabulary, () => everything);
          expect(chooseSummary((await buildOf(fact)).summaries, plan), JSON.stringify(query)).toBeDefined();
          const answer = await runInContext({ tenantId }, () => kernel.get(AnalyticsEngine).buildReport(query));
          const { rows, totals } = naiveReport(plan, (facts[fact] as Facts[string]).values());
          expect(answer, JSON.stringify(query)).toMatchObject({ rows, totals });
        }
      }),
      { numRuns: RUNS },
    );
  });

  test("snapshots of any moment and funnels are what following every lead comes to", async () => {
    const { kernel } = application;
    const engine = kernel.get(AnalyticsEngine);
    const vocabulary = await engine.catalogue();
    await fc.assert(
      fc.asyncProperty(random, fc.nat(100), async (history, share) => {
        const { tenantId, facts, events } = await happened(history);
        const [first, last] = [events[0], events.at(-1)].map((event) =>
          Date.parse(event?.occurredAt ?? history.begin),
        ) as [number, number];
        const at = new Date(first + Math.floor(((last - first) * share) / 100)).toISOString();
        const snapshot = { fact: "lead", at, dimensions: ["state", "manager"], criteria: everything };
        const stays = facts["lead-stay"] as Facts[string];
        const stood = naiveReport(
          planSnapshot(snapshot, vocabulary, () => everything),
          stays.values(),
        );
        const taken = await runInContext({ tenantId }, () => engine.buildSnapshot(snapshot));
        expect(taken.rows.map(({ values, count }) => [...values, count])).toEqual(stood.rows);

        for (const by of [null, "channel", "manager"]) {
          const funnel = {
            fact: "lead",
            period: { from: history.begin, to: "2030-01-01T00:00:00.000Z" },
            steps: ["new", "in-progress", "qualified", "converted"],
            by,
            criteria: everything,
          };
          const plan = planFunnel(funnel, vocabulary, () => everything);
          const built = await runInContext({ tenantId }, () => engine.buildFunnel(funnel));
          expect(built).toEqual(naiveFunnel(plan, facts["lead"] as Facts[string], stays));
        }
      }),
      { numRuns: RUNS },
    );
  });
});

test("what was replayed changes nothing, and a rebuild makes the same rows while the old ones serve", async () => {
  const { kernel } = application;
  const history = fc.sample(steps, { seed: 7, numRuns: 3 }).flat();
  const { tenantId, facts } = await happened({ begin: beginnings[2] as string, happened: history });
  const keys = [...(facts["lead"] as Facts[string]).keys()];
  const before = await storedRows(tenantId, "lead", keys);
  const names = (await kernel.get(EventLog).subscriptions())
    .map(({ name }) => name)
    .filter((name) => name.startsWith("analytics.lead.") || name.startsWith("analytics.conversation."));
  for (const name of names) await kernel.get(EventLog).replay(name, 0);
  await upToDate(kernel);
  expect(await storedRows(tenantId, "lead", keys)).toEqual(before);

  await kernel.get(Projections).rebuild("lead");
  const count = { ...reportQuerySchema.parse({ metrics: ["leads"] }) };
  const counted = async () =>
    (await runInContext({ tenantId }, () => kernel.get(AnalyticsEngine).buildReport(count))).totals;
  expect(await counted()).toEqual([keys.length]);
  await upToDate(kernel);
  expect(await storedRows(tenantId, "lead", keys)).toEqual(before);
  expect((await buildOf("lead")).summaries).toHaveLength(2);
  expect(await counted()).toEqual([keys.length]);
});

describe("facts of another plugin", () => {
  const { fact } = salesProjection();
  const ask = (tenantId: string, formula: MetricFormula, plan: Partial<ReportPlan> = {}) =>
    runInContext({ tenantId }, () =>
      application.kernel.get(ReportDataSource).run({
        fact,
        criteria: everything,
        period: null,
        groups: [],
        metrics: [{ name: "answer", formula }],
        having: everything,
        sort: [],
        limit: 100,
        timeZone: "Europe/Berlin",
        ...plan,
      }),
    );
  const fill = async (rows: readonly FactRow[]) => {
    const tenantId = `tenant-${(tenants += 1)}`;
    await record(application.kernel, tenantId, sold(tenantId, rows));
    await upToDate(application.kernel);
    return tenantId;
  };

  beforeAll(async () => {
    application.kernel.get(Projections).register(salesProjection());
    await upToDate(application.kernel);
  });

  test("columns of every kind are judged as criteria judge values in memory", async () => {
    await fc.assert(
      fc.asyncProperty(anySales, fc.array(anyCriteria, { minLength: 20, maxLength: 20 }), async (rows, conditions) => {
        const tenantId = await fill(rows);
        for (const criteria of conditions) {
          const { totals } = await ask(tenantId, { kind: "count" }, { criteria });
          const expected = rows.filter((row) => matches(criteria, row)).length;
          expect(totals, JSON.stringify(criteria)).toEqual([expected]);
        }
      }),
      { numRuns: RUNS },
    );
  });

  test("sums and averages of decimals are exact, groups and orders are by value", async () => {
    const tenantId = await fill([
      { at: "2025-03-30T00:30:00.000Z", day: "2025-03-30", amount: "0.1", weight: 1, gift: true, shop: "b", tags: [] },
      { at: "2025-03-30T01:30:00.000Z", day: "2025-03-31", amount: "0.2", weight: 2, gift: false, shop: "a", tags: [] },
      { at: null, day: null, amount: "12345678901234567890.3", weight: null, gift: null, shop: "Ä", tags: null },
      {
        at: "2025-04-01T00:00:00.000Z",
        day: "2025-03-31",
        amount: "0.2",
        weight: 4,
        gift: true,
        shop: "a",
        tags: ["x"],
      },
    ]);
    const amounts = async (kind: "sum" | "average" | "min" | "max") =>
      (await ask(tenantId, { kind, column: "amount" })).totals[0];
    expect([await amounts("sum"), await amounts("min"), await amounts("max")]).toEqual([
      "12345678901234567890.8",
      "0.1",
      "12345678901234567890.3",
    ]);
    expect(await amounts("average")).toBe("3086419725308641972.7");
    const by = async (column: string, grain: "day" | "week" | null = null, plan: Partial<ReportPlan> = {}) =>
      (await ask(tenantId, { kind: "sum", column: "weight" }, { groups: [{ column, grain }], ...plan })).rows;
    expect(await by("amount")).toEqual([
      ["0.1", 1],
      ["0.2", 6],
      ["12345678901234567890.3", null],
    ]);
    expect(await by("gift")).toEqual([
      [false, 2],
      [true, 5],
      [null, null],
    ]);
    expect(await by("day")).toEqual([
      ["2025-03-30", 1],
      ["2025-03-31", 6],
      [null, null],
    ]);
    expect(await by("day", "week")).toEqual([
      ["2025-03-23T23:00:00.000Z", 1],
      ["2025-03-30T22:00:00.000Z", 6],
      [null, null],
    ]);
    expect(await by("shop", null, { sort: [{ field: "answer", direction: "desc" }] })).toEqual([
      ["a", 6],
      ["b", 1],
      ["Ä", null],
    ]);
    expect((await ask(tenantId, { kind: "max", column: "at" })).totals).toEqual(["2025-04-01T00:00:00.000Z"]);
  });

  test("random sums of decimals lose nothing", async () => {
    await fc.assert(
      fc.asyncProperty(anySales, async (rows) => {
        const tenantId = await fill(rows);
        const amounts = rows.flatMap(({ amount }) => (typeof amount === "string" ? [amount] : []));
        const [sum] = (await ask(tenantId, { kind: "sum", column: "amount" })).totals;
        expect(sum === null ? null : total([String(sum)])).toBe(amounts.length === 0 ? null : total(amounts));
      }),
      { numRuns: RUNS },
    );
  });

  test("a new version is built beside the old one and takes over", async () => {
    const { kernel } = application;
    const projections = kernel.get(Projections);
    projections.unregister("testing.sale");
    projections.register(salesProjection(2));
    await upToDate(kernel);
    const states = await projections.states();
    expect(states.filter(({ name }) => name === "testing.sale")).toMatchObject([{ version: 2, status: "live" }]);
    const firsts = { kind: "count", where: { op: "eq", field: "first", value: true } } as const;
    const answer = await ask("tenant-1", firsts, { fact: salesProjection(2).fact });
    expect(answer.totals).toEqual([0]);
  });
});

test("dimensions that are registered twice are refused", () => {
  const dimensions = application.kernel.get(Dimensions);
  const [first] = dimensions.all();
  if (!first) throw new Error("There are dimensions.");
  expect(() => dimensions.register(first)).toThrow(expect.objectContaining({ code: "CRM_REGISTRY_DUPLICATE" }));
});
