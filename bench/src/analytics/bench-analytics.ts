import { analytics } from "@crmessenger/analytics";
import { type Kernel, createKernel } from "@crmessenger/kernel";
import { AnalyticsEngine, Projections, type ReportQuery, reportQuerySchema } from "@crmessenger/kernel/analytics";
import { type Json, SqlDatabase, silentLogger } from "@crmessenger/kernel/infrastructure";
import { mikroOrm } from "@crmessenger/mikro-orm";
import { sales } from "@crmessenger/sales";
import pg from "pg";
import { type BenchResult, median } from "../bench.ts";
import { load, start, stop } from "../inbound/bench-inbound.ts";
import { withPostgres } from "../postgres.ts";
import { round } from "../publish.ts";
import { SUMMARY, brandField } from "./brand-field.ts";
import { FLAT_SQL, NORMALISED_SQL, generateLeads } from "./lead-data.ts";

const LEADS = Number(process.env["BENCH_LEADS"] ?? 1_000_000);
const REPORTS = 7;
const LOADS = { 32: 8_000, 256: 12_000 } as const;
const ROUNDS = 4;

interface Found {
  readonly rows: (readonly (string | number)[])[];
  readonly ratios: Record<string, number>;
  readonly raw: Record<string, unknown>;
}

const query = reportQuerySchema.parse({
  metrics: ["leads", "conversion"],
  dimensions: [
    { name: "source" },
    { name: "created", grain: "week" },
    { name: "manager" },
    { name: "lead.attributes.brand" },
  ],
  timeZone: SUMMARY.timeZone,
  limit: 10_000,
});

/** A report beside the same in SQL by hand, and what keeping the facts costs those who write. `BENCH_LEADS` leads. */
export async function benchAnalytics(): Promise<BenchResult> {
  const found: Found = { rows: [], ratios: {}, raw: { leads: LEADS } };
  await withPostgres((url) => compareReports(url, found));
  await withPostgres((url) => compareInbound(url, found));
  return {
    title: `Reports over ${LEADS} leads in milliseconds, and inbound messages a second with and without projections`,
    columns: ["", "CRMessenger", "other", "ratio"],
    ...found,
    targets: {
      "report.flat": "≤ 1.5",
      "report.normalised": "≤ 0.1",
      "inbound.c32": "≥ 0.85",
      "inbound.c256": "≥ 0.85",
    },
  };
}

async function compareReports(databaseUrl: string, found: Found): Promise<void> {
  const launch = (summaries: readonly (typeof SUMMARY)[]) =>
    createKernel({
      plugins: [mikroOrm({ databaseUrl }), sales(), brandField(), analytics({ summaries: [...summaries] })],
      environment: { CRMESSENGER_SECRET_KEY: Buffer.alloc(32, 3).toString("base64") },
      logger: silentLogger,
    });
  {
    await using empty = await launch([]);
    await untilLive(empty);
    await generateLeads(empty.get(SqlDatabase), LEADS);
  }
  const begun = performance.now();
  await using kernel = await launch([SUMMARY]);
  while (!(await hasSummary(kernel))) await new Promise((resolve) => setTimeout(resolve, 20));
  found.raw["summarySeconds"] = round((performance.now() - begun) / 1_000);
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const contenders = {
    ours: () => report(kernel, query),
    rows: () => report(kernel, { ...query, timeZone: "Europe/Paris" }), // the same clock, whose days nobody counts
    flat: async () => await byHand(client, FLAT_SQL),
    normalised: async () => await byHand(client, NORMALISED_SQL),
  };
  const times = { ours: [] as number[], rows: [] as number[], flat: [] as number[], normalised: [] as number[] };
  const names = Object.keys(contenders) as (keyof typeof contenders)[];
  for (let turn = 0; turn <= REPORTS; turn += 1) {
    const answers = new Set<string>();
    for (const name of turn % 2 === 0 ? names : names.toReversed()) {
      const begun = performance.now();
      answers.add(JSON.stringify(await contenders[name]()));
      if (turn > 0) times[name].push(performance.now() - begun); // the first turn warms up
    }
    if (answers.size > 1) throw new Error("The reports do not agree.");
  }
  await client.end();
  for (const [name, ours, other] of [
    ["report.flat", "ours", "flat"],
    ["report.normalised", "ours", "normalised"],
    ["rows.flat", "rows", "flat"],
  ] as const) {
    const [time, beside] = [median(times[ours]), median(times[other])];
    found.ratios[name] = round(time / beside);
    const from = ours === "rows" ? "report from rows" : "report";
    found.rows.push([`${from}, ${other} table by hand`, round(time, 0), round(beside, 0), round(time / beside)]);
  }
  found.raw["report"] = times;
}

async function untilLive(kernel: Kernel): Promise<void> {
  const isLive = async () => (await kernel.get(Projections).states()).every(({ status }) => status === "live");
  while (!(await isLive())) await new Promise((resolve) => setTimeout(resolve, 20));
}

async function hasSummary(kernel: Kernel): Promise<boolean> {
  const [lead] = await kernel
    .get(SqlDatabase)
    .query("select from analytics_builds where fact = 'lead' and status = 'live' and summaries <> '[]'");
  return lead !== undefined;
}

async function report(kernel: Kernel, query: ReportQuery): Promise<Json[][]> {
  const { rows } = await kernel.run(() => kernel.get(AnalyticsEngine).buildReport(query));
  return rows.map((row) => row.slice(-2));
}

async function byHand(client: pg.Client, sql: string): Promise<(number | null)[][]> {
  const { rows } = await client.query<{ leads: string; conversion: number | null }>(sql);
  return rows.map(({ leads, conversion }) => [Number(leads), conversion]);
}

/** The inbound bench's own load on its own server, with and without the plugin. */
async function compareInbound(url: string, found: Found): Promise<void> {
  const databases = { without: url.replace(/bench$/, "without"), with: url.replace(/bench$/, "with") };
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  for (const name of Object.keys(databases)) await client.query(`create database "${name}"`);
  await client.end();
  const watcher = new pg.Client({ connectionString: databases.with });
  await watcher.connect();
  const servers = {
    without: await start("crmessenger-server.js", [databases.without]),
    with: await start("../analytics/analytics-server.js", [databases.with]),
  };
  try {
    for (const server of Object.values(servers))
      await load(server, { concurrency: 16, count: 0, first: true, run: "warm" });
    for (const [concurrency, count] of Object.entries(LOADS)) {
      const rates = { with: [] as number[], without: [] as number[] };
      const behind: number[] = [];
      for (let turn = 0; turn <= ROUNDS; turn += 1) {
        for (const name of turn % 2 === 0 ? (["with", "without"] as const) : (["without", "with"] as const)) {
          const order = {
            concurrency: Number(concurrency),
            count,
            first: false,
            run: `${concurrency}-${turn}-${name}`,
          };
          const { seconds, answered } = await load(servers[name], order);
          if (turn > 0) rates[name].push(answered / seconds); // the first turn warms up
          const caughtUp = await untilCaughtUp(watcher);
          if (turn > 0 && name === "with") behind.push(caughtUp);
        }
      }
      const ratio = round(median(rates.with.map((rate, turn) => rate / (rates.without[turn] as number))));
      found.ratios[`inbound.c${concurrency}`] = ratio;
      found.raw[`inbound.c${concurrency}`] = { ...rates, caughtUpAfterMs: behind };
      found.rows.push([
        `inbound, ${concurrency} at a time; facts ${round(median(behind), 0)} ms later`,
        round(median(rates.with), 0),
        round(median(rates.without), 0),
        ratio,
      ]);
    }
  } finally {
    for (const server of Object.values(servers)) await stop(server);
    await watcher.end();
  }
}

const LAG = `
  select count(*)::int as lag from event_subscriptions s join events e on e.position is null or e.position > s.position
  where s.name like 'analytics.message.%' and e.topic = 'message.received'`;

/** Milliseconds until the facts have seen everything. */
async function untilCaughtUp(client: pg.Client): Promise<number> {
  const begun = performance.now();
  while ((await client.query<{ lag: number }>(LAG)).rows[0]?.lag !== 0)
    await new Promise((resolve) => setTimeout(resolve, 20));
  return performance.now() - begun;
}
