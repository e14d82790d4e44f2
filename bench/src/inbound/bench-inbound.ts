import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import pg from "pg";
import { type BenchResult, median } from "../bench.ts";
import { withPostgres } from "../postgres.ts";
import { round } from "../publish.ts";
import type { LoadOrder, LoadResult } from "./load.ts";

const SENDERS = 500;
const ROUNDS = 5;
const LOADS = { postgres: { 1: 2_000, 32: 12_000, 256: 16_000 }, pglite: { 1: 600, 32: 1_500, 256: 2_000 } } as const;

export interface Server {
  readonly process: ChildProcess;
  readonly port: number;
  readonly path: string;
  readonly account: string;
}

/**
 * The durable inbound path, from a signed webhook to 200 after the commit, beside a hand-written program for this one
 * job on the same tables. Both run against the same server in turns, since machines have moods.
 */
export async function benchInbound(): Promise<BenchResult> {
  const result: {
    rows: (readonly (string | number)[])[];
    ratios: Record<string, number>;
    raw: Record<string, unknown>;
  } = { rows: [], ratios: {}, raw: {} };
  await withPostgres(async (url) => {
    const pool = new pg.Client({ connectionString: url });
    await pool.connect();
    await pool.query("create database baseline");
    await pool.query("create database ours");
    await pool.end();
    await compare(
      "postgres",
      { baseline: url.replace(/bench$/, "baseline"), ours: url.replace(/bench$/, "ours") },
      result,
    );
  });
  const directory = mkdtempSync(join(tmpdir(), "crmessenger-bench-"));
  try {
    await compare("pglite", { baseline: join(directory, "baseline"), ours: join(directory, "ours") }, result);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  return {
    title: "Durable inbound messages a second, from webhook to answer after the commit",
    columns: ["", "CRMessenger", "hand-written", "ratio"],
    ...result,
    targets: { "postgres.c1": "≥ 0.4", "postgres.c32": "≥ 0.6", "postgres.c256": "≥ 1.0" },
  };
}

async function compare(
  engine: "postgres" | "pglite",
  databases: { baseline: string; ours: string },
  result: { rows: (readonly (string | number)[])[]; ratios: Record<string, number>; raw: Record<string, unknown> },
): Promise<void> {
  // Our application migrates both databases, so that both programs write to the same tables.
  const migrated = await start("crmessenger-server.js", [databases.baseline]);
  await stop(migrated);
  const baselineData = engine === "pglite" ? join(databases.baseline, "pgdata") : databases.baseline;
  const servers = {
    baseline: await start("baseline-server.js", [baselineData, migrated.account]),
    ours: await start("crmessenger-server.js", [databases.ours]),
  };
  try {
    for (const server of Object.values(servers))
      await load(server, { concurrency: 16, count: 0, first: true, run: "warm" });
    for (const [concurrency, count] of Object.entries(LOADS[engine])) {
      const rates = { ours: [] as number[], baseline: [] as number[] };
      for (let turn = 0; turn <= ROUNDS; turn += 1) {
        for (const name of turn % 2 === 0 ? (["ours", "baseline"] as const) : (["baseline", "ours"] as const)) {
          const { seconds, answered, refused } = await load(servers[name], {
            concurrency: Number(concurrency),
            count,
            first: false,
            run: `${engine}-${concurrency}-${turn}-${name}`,
          });
          if (refused > 0) throw new Error(`${name} refused ${refused} of ${answered} requests.`);
          if (turn > 0) rates[name].push(answered / seconds); // the first turn warms up
        }
      }
      const ratio = round(median(rates.ours.map((rate, turn) => rate / (rates.baseline[turn] as number))));
      result.ratios[`${engine}.c${concurrency}`] = ratio;
      result.raw[`${engine}.c${concurrency}`] = rates;
      result.rows.push([
        `${engine}, ${concurrency} at a time`,
        round(median(rates.ours), 0),
        round(median(rates.baseline), 0),
        ratio,
      ]);
    }
  } finally {
    for (const server of Object.values(servers)) await stop(server);
  }
}

export async function start(entry: string, args: readonly string[]): Promise<Server> {
  const child = spawn(process.execPath, [fileURLToPath(new URL(`./${entry}`, import.meta.url)), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const output = child.stdout.setEncoding("utf8");
  let text = "";
  while (!text.includes("\n")) {
    const [chunk] = (await Promise.race([
      once(output, "data"),
      once(child, "exit").then(() => Promise.reject(new Error(`${entry} ended before it was ready.`))),
    ])) as [string];
    text += chunk;
  }
  return { process: child, account: "", ...(JSON.parse(text) as { port: number; path: string; account?: string }) };
}

export async function stop({ process: child }: Server): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

export async function load(
  server: Server,
  order: Pick<LoadOrder, "concurrency" | "count" | "first" | "run">,
): Promise<LoadResult> {
  const full: LoadOrder = { ...order, port: server.port, path: server.path, senders: SENDERS };
  const { stdout } = await promisify(execFile)(process.execPath, [
    fileURLToPath(new URL("./load.js", import.meta.url)),
    JSON.stringify(full),
  ]);
  return JSON.parse(stdout) as LoadResult;
}
