import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { eventually } from "@crmessenger/testing";
import { expect, test } from "vitest";
import { copyFixture, startCrmessenger } from "./support/run-cli.ts";

const DEADLINE = { deadlineMs: 20_000 };

async function startShop() {
  const folder = await copyFixture("shop");
  const running = startCrmessenger(["dev", "--app", folder]);
  const output = () => running.stdout() + running.stderr();
  const says = (what: string | RegExp) => eventually(() => expect(output()).toMatch(what), DEADLINE);
  await says(/Watching \d+ files/);
  const url = /http:\S+(?=\/api)/.exec(output())?.[0] ?? "";
  return {
    running,
    output,
    says,
    edit: async (file: string, from: string, to: string) => {
      const path = join(folder, file);
      await writeFile(path, (await readFile(path, "utf8")).replace(from, to));
    },
    greeting: async () => (await fetch(`${url}/greeting`)).json(),
    call: async () => (await fetch(`${url}/calls`, { method: "POST" })).json(),
  };
}

test("reloads the plugin whose module changed, in under a second, and keeps the rest and the database", async () => {
  const shop = await startShop();
  expect([await shop.call(), await shop.greeting()]).toEqual([1, "Hello, you!"]);
  await shop.edit("plugins/greeting.ts", "Hello", "Good morning"); // which the plugin's module imports
  await shop.says(/Reloaded greeter in \d+ ms/);
  expect(Number(/Reloaded greeter in (\d+) ms/.exec(shop.output())?.[1])).toBeLessThan(1_000);
  await eventually(async () => expect(await shop.greeting()).toBe("Good morning, you!"), DEADLINE);
  expect(await shop.call()).toBe(2);
  await shop.edit("plugins/greeter.ts", "}, ${options.name}!", "}!");
  await eventually(async () => expect(await shop.greeting()).toBe("Good morning!"), DEADLINE);
  expect(shop.output()).not.toMatch(/counter in|Restarted/);
  shop.running.child.kill("SIGINT");
  expect(await shop.running.ended).toBe(0);
});

test("says what is wrong with a broken edit, and keeps what ran until it is mended", async () => {
  const shop = await startShop();
  await shop.edit("plugins/greeting.ts", '"Hello"', "");
  await shop.says(/greeting\.ts:1: SyntaxError: .*\nWhat ran before goes on\./);
  expect(await shop.greeting()).toBe("Hello, you!");
  await shop.edit("plugins/greeting.ts", "= ;", '= "Again";');
  await eventually(async () => expect(await shop.greeting()).toBe("Again, you!"), DEADLINE);
  await shop.edit("plugins/greeter.ts", "boot: (_, { options }) => ({", "boot: (_, { options }) => nowhere({");
  await shop.says(/nowhere is not defined/);
  expect(await shop.greeting()).toBe("Again, you!");
});

test("restarts when the configuration changes, and goes on with the old one when the new one does not start", async () => {
  const shop = await startShop();
  expect(await shop.call()).toBe(1);
  await shop.edit("crmessenger.config.ts", "counter(),", "counter(), counter(),");
  await shop.says(/listed twice[\s\S]*What ran before goes on/);
  await shop.edit("crmessenger.config.ts", "counter(), counter(),", "counter(),");
  await shop.says(/Restarted in \d+ ms/);
});
