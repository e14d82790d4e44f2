import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type PostgresServer, startPostgres } from "@crmessenger/testing/postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Report } from "../src/report/report.ts";

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const OWN = fileURLToPath(new URL("../data/conversations.jsonl", import.meta.url));
const PATIENCE_MS = 150_000;

const folder = mkdtempSync(join(tmpdir(), "main-job-"));
let postgres: PostgresServer;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(async () => {
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Outcome {
  readonly status: number | null;
  readonly output: string;
}

async function run(args: readonly string[]): Promise<Outcome> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  const [status] = (await once(child, "exit")) as [number | null];
  return { status, output };
}

async function play(name: string, args: readonly string[]): Promise<Report> {
  const report = join(folder, `${name}.json`);
  const { status, output } = await run(["--once", "--report", report, ...args]);
  expect(status, output).toBe(0);
  return JSON.parse(readFileSync(report, "utf8")) as Report;
}

/** A few conversations that show everything: both messengers, files, one person on both, unusual text. */
function someConversations(): string {
  const wanted = new Set([
    "latte-to-go",
    "kapuchino",
    "receipt",
    "cup-lost",
    "spilled-cup",
    "anna-telegram",
    "anna-whatsapp",
    "emoji",
    "rtl",
    "markup",
    "lines",
    "thanks-twice",
  ]);
  const lines = readFileSync(OWN, "utf8").split("\n");
  const chosen = lines.filter(
    (line) => line !== "" && wanted.has((JSON.parse(line) as { conversation_id: string }).conversation_id),
  );
  const path = join(folder, "some.jsonl");
  writeFileSync(path, chosen.join("\n"));
  cpSync(join(dirname(OWN), "media"), join(folder, "media"), { recursive: true });
  return path;
}

function expectFaultless(report: Report): void {
  expect(report.inbound).toMatchObject({ missing: 0, duplicates: 0, stored: report.inbound.sent });
  expect(report.outbound).toMatchObject({
    missing: 0,
    duplicates: 0,
    delivered: report.outbound.requested,
    read: report.outbound.requested,
  });
  expect(report.amocrm).toMatchObject({
    missing: 0,
    duplicates: 0,
    messages: report.inbound.sent + report.outbound.requested,
  });
  expect(report.webhooks).toMatchObject({ missing: 0, duplicates: 0, delivered: report.webhooks.events });
  expect(report.webhooks.events).toBeGreaterThan(report.inbound.sent + report.outbound.requested);
  expect(report.analytics).toMatchObject({ leads: report.leads, matches_sql: true });
  expect(report.order_violations).toBe(0);
}

describe("the main job", () => {
  it("holds on the embedded database", { timeout: PATIENCE_MS }, async () => {
    const report = await play("pglite", ["--conversations", someConversations()]);
    expectFaultless(report);
    expect(report.conversations).toBe(12);
    expect([report.contacts, report.leads]).toEqual([11, 11]); // Anna is one person on two messengers
    expect([report.amocrm.contacts, report.amocrm.leads]).toEqual([11, 11]);
  });

  it("holds on PostgreSQL while every provider fails", { timeout: PATIENCE_MS }, async () => {
    const report = await play("postgres", [
      "--conversations",
      someConversations(),
      "--database",
      postgres.url,
      "--faults",
    ]);
    expectFaultless(report);
    expect([report.contacts, report.leads]).toEqual([11, 11]);
  });
});

describe("what can't go on", () => {
  it("is said in a sentence, with a status of its own", { timeout: PATIENCE_MS }, async () => {
    const usage = await run(["--wat"]);
    expect([usage.status, usage.output]).toEqual([2, expect.stringContaining("--wat")]);
    const file = await run(["--once", "--conversations", "/nowhere.jsonl"]);
    expect([file.status, file.output]).toEqual([2, expect.stringContaining("/nowhere.jsonl can't be read")]);
    const database = await run(["--once", "--database", "postgresql://nobody:hidden@127.0.0.1:1/none"]);
    expect([database.status, database.output]).toEqual([1, expect.stringContaining("CRM_DATABASE_UNREACHABLE")]);
    expect(database.output).not.toContain("hidden");
  });

  it("includes a port that is taken", { timeout: PATIENCE_MS }, async () => {
    const squatter = createServer().listen(0, "127.0.0.1");
    await once(squatter, "listening");
    const { port } = squatter.address() as { port: number };
    const { status, output } = await run(["--once", "--port", String(port)]);
    squatter.close();
    expect([status, output]).toEqual([1, expect.stringContaining(String(port))]);
  });

  it("includes a data directory that another process has open", { timeout: PATIENCE_MS }, async () => {
    const data = join(folder, "shared-data");
    const holder = spawn(process.execPath, [MAIN, "--data", data, "--conversations", someConversations()], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise<void>((resolve) => {
      let text = "";
      holder.stdout.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
        if (text.includes("HTTP API")) resolve();
      });
    });
    const { status, output } = await run(["--once", "--data", data]);
    holder.kill("SIGINT");
    await once(holder, "exit");
    expect([status, output]).toEqual([1, expect.stringContaining("CRM_DATABASE_LOCKED")]);
  });
});
