import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { eventually } from "@crmessenger/testing";
import { expect, test } from "vitest";
import { type Running, copyFixture, crmessenger, startCrmessenger } from "./support/run-cli.ts";

const DEADLINE = { deadlineMs: 25_000 };

async function addressOf({ stdout, stderr }: Running): Promise<string> {
  return eventually(() => {
    const url = /http:\S+(?=\/api\/v1)/.exec(stdout())?.[0];
    if (url === undefined) throw new Error(`It does not listen: ${stdout()}${stderr()}`);
    return url;
  }, DEADLINE);
}

const read = async (url: string, init?: RequestInit): Promise<unknown> => (await fetch(url, init)).json();

test("start runs the application with its .env until it is asked to stop", async () => {
  const folder = await copyFixture("shop");
  await writeFile(join(folder, ".env"), "GREETED=everybody\n");
  const running = startCrmessenger(["start", "--app", folder]);
  const url = await addressOf(running);
  expect(await read(`${url}/greeting`)).toBe("Hello, everybody!");
  running.child.kill("SIGTERM");
  expect(await running.ended).toBe(0);
  expect(running.stderr()).toBe("");
});

test("the environment wins over .env", async () => {
  const folder = await copyFixture("shop");
  await writeFile(join(folder, ".env"), "GREETED=everybody\n");
  const running = startCrmessenger(["start"], { cwd: folder, environment: { GREETED: "nobody" } });
  expect(await read(`${await addressOf(running)}/greeting`)).toBe("Hello, nobody!");
});

test("user add makes a user who can sign in", async () => {
  const { code, stdout } = await crmessenger([
    "user",
    "add",
    "--email",
    "Olga@example.org",
    "--role",
    "owner",
    "--app",
    "shop",
  ]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Olga signs in as olga@example\.org with the password \S{24}\n/);
});
