import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { eventually } from "@crmessenger/testing";
import { type PostgresServer, startPostgres } from "@crmessenger/testing/postgres";
import pg from "pg";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { Browser } from "./support/browser.ts";

/** A busy machine takes its time to compile and migrate. */
const START = { deadlineMs: 40_000 };
const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));

let postgres: PostgresServer;
let directory: string;
beforeAll(async () => {
  postgres = await startPostgres();
  directory = await mkdtemp(join(tmpdir(), "crmessenger-embed-koa-"));
});
afterAll(async () => {
  await postgres?.stop();
  await rm(directory, { recursive: true, force: true });
});

interface RunningShop {
  readonly child: ChildProcess;
  readonly url: string;
  /** What it has said so far. */
  said(): string;
}

/** The service as an operator runs it. */
async function run(): Promise<RunningShop> {
  const child = spawn(process.execPath, ["--conditions=@crmessenger/source", MAIN], {
    env: {
      PATH: process.env["PATH"],
      DATABASE_URL: postgres.url,
      CRMESSENGER_SECRET_KEY: Buffer.alloc(32, 1).toString("base64"),
      OWNER_PASSWORD: "correct horse",
      DATA_DIRECTORY: directory,
      PORT: "0",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => (said += data.toString()));
  const url = await eventually(() => {
    const found = /open at (\S+)/.exec(said)?.[1];
    if (found === undefined) throw new Error(`Not yet: ${said}`);
    return found;
  }, START);
  return { child, url, said: () => said };
}

test(
  "SIGTERM lets the request in flight finish, ends streams, and leaves nothing behind",
  { timeout: 60_000 },
  async () => {
    const { child, url, said } = await run();
    const owner = new Browser(url);
    await owner.call("POST", "/session", { email: "olga@shop.example", password: "correct horse" });
    const { body: made } = await owner.call("POST", "/crm/api/v1/contacts", { name: "Anna" });
    const { id: contactId } = made["contact"] as { id: string };
    const source = { channel: "manual" };
    const { body: lead } = await owner.call("POST", "/crm/api/v1/leads", { title: "Coffee", contactId, source });
    const stream = await owner.open("GET", "/crm/api/v1/events");
    expect(stream.status).toBe(200);

    const client = new pg.Client({ connectionString: postgres.url });
    await client.connect();
    onTestFinished(() => client.end());
    await client.query("begin; lock table shop.orders");
    const placing = owner.call("POST", "/orders", { leadId: lead["id"], item: "Beans", total: "12.00" });
    const waits = async () => {
      const { rowCount } = await client.query("select from pg_locks where not granted");
      expect(rowCount).toBe(1);
    };
    await eventually(waits);

    child.kill("SIGTERM");
    await stream.text(); // ended, not cut off
    await eventually(() => expect(fetch(url)).rejects.toThrow("fetch failed"));
    await client.query("commit");
    expect(await placing).toMatchObject({ status: 201, body: { total: "12.00" } });
    const [code] = (await once(child, "exit")) as [number | null];
    expect([code, said()]).toEqual([0, expect.stringMatching(/The shop is closed\.\n$/)]);

    const { rows } = await client.query("select status from shop.orders");
    expect(rows).toEqual([{ status: "open" }]);
    const others = async () =>
      (
        await client.query(
          "select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
        )
      ).rowCount;
    await eventually(async () => expect(await others()).toBe(0));
  },
);

test("without a database it says what to set", async () => {
  const child = spawn(process.execPath, ["--conditions=@crmessenger/source", MAIN], {
    env: { PATH: process.env["PATH"] },
  });
  let said = "";
  child.stderr.on("data", (data: Buffer) => (said += data.toString()));
  const [code] = (await once(child, "exit")) as [number | null];
  expect([code, said]).toEqual([1, expect.stringContaining("Set DATABASE_URL")]);
});
