import { spawn } from "node:child_process";
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { fileURLToPath } from "node:url";
import { type BenchResult, median } from "../bench.ts";
import { withPostgres } from "../postgres.ts";
import { round } from "../publish.ts";
import type { Started } from "./say-started.ts";

const TRIVIAL = fileURLToPath(new URL("./trivial-plugins.js", import.meta.url));
const OMNICHANNEL = fileURLToPath(new URL("./omnichannel-app.js", import.meta.url));
const RUNS = 7;

interface Start {
  /** From the start of the process to its first answer. */
  readonly processMs: number;
  /** The kernel alone, by its own clock. */
  readonly kernelMs: number;
  readonly rssMb: number;
}

/** How long it takes from nothing to the first answer. */
export async function benchBoot(): Promise<BenchResult> {
  const rows: (readonly (string | number)[])[] = [];
  const raw: Record<string, unknown> = {};
  const row = (name: string, starts: readonly Start[]) => {
    const middle = {
      processMs: median(starts.map((start) => start.processMs)),
      kernelMs: median(starts.map((start) => start.kernelMs)),
      rssMb: median(starts.map((start) => start.rssMb)),
    };
    raw[name] = { ...middle, starts };
    rows.push([name, round(middle.kernelMs, 1), round(middle.processMs, 0), round(middle.rssMb, 0)]);
    return middle;
  };
  const bare = row("node, nothing loaded", await starts([TRIVIAL, "none"], {}));
  for (const count of [0, 10, 100]) row(`kernel with ${count} plugins`, await starts([TRIVIAL, String(count)], {}));
  const hundred = raw["kernel with 100 plugins"] as { kernelMs: number };
  const app = await withPostgres(async (databaseUrl) => {
    const environment = { DATABASE_URL: databaseUrl, CRMESSENGER_SECRET_KEY: Buffer.alloc(32, 7).toString("base64") };
    await starts([OMNICHANNEL], environment, 2); // migrates, and warms the module cache
    return row("omnichannel app on PostgreSQL", await starts([OMNICHANNEL], environment));
  });
  return {
    title: "Start to first answer",
    columns: ["", "kernel ms", "process ms", "RSS MB"],
    rows,
    ratios: {
      "app.process": round(app.processMs / bare.processMs),
      "app.of600ms": round(app.processMs / 600),
      "app.of150mb": round(app.rssMb / 150),
      "hundredPlugins.of100ms": round(hundred.kernelMs / 100),
    },
    raw,
    targets: { "app.of600ms": "≤ 1", "app.of150mb": "≤ 1", "hundredPlugins.of100ms": "≤ 1" },
  };
}

async function starts(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  runs = RUNS,
): Promise<readonly Start[]> {
  const result: Start[] = [];
  for (let run = 0; run < runs; run += 1) result.push(await start(args, environment));
  return result;
}

async function start(args: readonly string[], environment: Readonly<Record<string, string>>): Promise<Start> {
  const began = performance.now();
  const child = spawn(process.execPath, [...args], {
    env: {
      ...process.env,
      ...environment,
      NODE_COMPILE_CACHE: fileURLToPath(new URL("../../.cache", import.meta.url)),
    },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const [{ kernelMs, url }] = (await once(child, "message")) as [Started];
  if (url !== undefined) await answer(url);
  const processMs = performance.now() - began;
  child.send("memory");
  const [{ rssMb }] = (await once(child, "message")) as [{ rssMb: number }];
  child.kill("SIGKILL");
  await once(child, "exit");
  return { processMs, kernelMs, rssMb };
}

async function answer(url: string): Promise<void> {
  const [response] = (await once(get(url), "response")) as [IncomingMessage];
  if (response.statusCode !== 200) throw new Error(`${url} answered ${response.statusCode}.`);
  await once(response.resume(), "end");
}
