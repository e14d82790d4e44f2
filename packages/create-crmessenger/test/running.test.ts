import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CHANNELS, FEATURES } from "../src/app/app-choices.ts";
import { createApp } from "../src/app/create-app.ts";
import { PLUGIN_KINDS, createPlugin } from "../src/plugin/create-plugin.ts";
import { Workshop, plainEnvironment } from "./support/workshop.ts";

let workshop: Workshop;
beforeAll(async () => {
  workshop = await Workshop.open();
  const [channels, features] = [CHANNELS.map(({ value }) => value), FEATURES.map(({ value }) => value)];
  await createApp(workshop.path("everything"), { name: "everything", channels, features, database: "embedded" });
  for (const kind of PLUGIN_KINDS) await createPlugin(workshop.path(kind), kind, "carrier-pigeon");
});
afterAll(() => workshop.close());

/** Where other work keeps the machine busy. */
const PATIENCE = { timeout: 120_000 };
const CLI = "@crmessenger/cli/dist/main.js";

test("the tests of the application and of the plugins pass", PATIENCE, async () => {
  const { code, stdout } = await workshop.run("vitest/vitest.mjs", ["run"]);
  expect(stdout).toMatch(/Tests {2}\d+ passed/);
  expect(stdout).toMatch(/Test Files {2}4 passed/);
  expect(code).toBe(0);
});

/** Starts an application and answers what it says until it says that it is ready; then it is stopped. */
async function startAndStop(folder: string): Promise<{ readonly said: readonly string[]; readonly code: unknown }> {
  const child = spawn(process.execPath, [workshop.path("node_modules", CLI), "start"], {
    cwd: folder,
    env: { ...plainEnvironment(), PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  const said: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    said.push(line);
    if (!line.includes("/api/v1")) continue;
    const url = /http:\S+(?=\/api)/.exec(line)?.[0] ?? "";
    said.push(String((await fetch(`${url}/ready`)).status));
    child.kill("SIGTERM");
  }
  const [code] = await ended;
  return { said, code };
}

test("the application gets its first user, starts and stops", PATIENCE, async () => {
  const folder = workshop.path("everything");
  expect(await readFile(`${folder}/.env`, "utf8")).toMatch(/^CRMESSENGER_SECRET_KEY=[\w+/]{43}=$/m);
  const added = await workshop.run(CLI, ["user", "add", "--email", "olga@example.org", "--role", "owner"], folder);
  expect(added).toMatchObject({ code: 0, stdout: expect.stringContaining("signs in as olga@example.org") });
  const { said, code } = await startAndStop(folder);
  expect(said).toEqual([
    expect.stringMatching(/^\d+ plugins are ready/),
    expect.stringMatching(/The HTTP API is at http:/),
    "200",
  ]);
  expect(code).toBe(0);
});

test.each(PLUGIN_KINDS)("the playground of a %s starts and stops", async (kind) => {
  expect((await startAndStop(workshop.path(kind, "playground"))).code).toBe(0);
});
