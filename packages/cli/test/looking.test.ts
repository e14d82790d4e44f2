import { expect, test } from "vitest";
import { crmessenger } from "./support/run-cli.ts";

const shop = ["--app", "shop"];

test("inspect shows the tree of the application", async () => {
  const { code, stdout, stderr } = await crmessenger(["inspect", ...shop]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^plugins, in boot order\n├─ memory \d/);
  expect(stdout).toContain("└─ greeter 1.0.0 (");
  expect(stdout).toContain("   └─ routes GET /greeting");
  expect(stdout).toContain("infrastructure.settings@1 ← memory");
  expect(stdout).toContain("sales.contact-draft (transform)\n│  └─ greeter, late");
  expect(stdout).toContain("subscriptions\n└─ counter.main");
});

test("inspect answers as data", async () => {
  const { stdout } = await crmessenger(["inspect", "--json", ...shop]);
  const inspection = JSON.parse(stdout) as Record<string, unknown>;
  expect(inspection).toMatchObject({
    contracts: { "infrastructure.settings@1": "memory" },
    plugins: expect.arrayContaining([expect.objectContaining({ id: "greeter", routes: ["GET /greeting"] })]),
  });
});

test("inspect and migrate start nothing that they do not need", async () => {
  expect(await crmessenger(["inspect", "--app", "quiet"])).toMatchObject({ code: 0, stderr: "" });
  expect(await crmessenger(["migrate", "--app", "quiet"])).toEqual({
    code: 0,
    stdout: "The database of memory is up to date.\n",
    stderr: "",
  });
  expect(await crmessenger(["start", "--app", "quiet"])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^Plugin "loud" did not start: .*It was started\..*\n$/),
  });
});

test("explain says what plugins do to an operation, field by field", async () => {
  const call = ["explain", "sales.contact.create", "--input", '{"name":"Ada"}', ...shop];
  const { stdout } = await crmessenger(call);
  const lines = stdout.replaceAll(/\d+(\.\d)? ms/g, "0 ms").split("\n");
  expect(lines).toEqual([
    "sales.contact.create by system kernel: allowed",
    "└─ transform sales.contact-draft, greeter at stage late, 0 ms",
    '   └─ name: "Ada" → "Hello Ada"',
    "",
    'name is "Hello Ada" because greeter changed it at stage late of sales.contact-draft.',
    "",
  ]);
  const explanation: unknown = JSON.parse((await crmessenger([...call, "--json"])).stdout);
  expect(explanation).toMatchObject({
    outcome: "allowed",
    output: { contact: { name: "Hello Ada" } },
    steps: [{ plugin: "greeter", changes: [{ path: "name", from: "Ada", to: "Hello Ada" }] }],
  });
});

test("doctor finds a sound application sound", async () => {
  const { code, stdout, stderr } = await crmessenger(["doctor", ...shop]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout.split("\n").filter((line) => !/^✓|^$/.test(line))).toEqual([]);
  expect(stdout).toContain('✓ database: "memory" answers, and is up to date.');
});

test("doctor says all that is wrong, with both ends and what would help", async () => {
  const { code, stdout, stderr } = await crmessenger(["doctor", "--app", "unwell"]);
  expect({ code, stderr }).toEqual({ code: 1, stderr: "There are 6 problems. (CRM_CLI_UNWELL)\n" });
  expect(stdout.split("\n").filter((line) => line.startsWith("✗"))).toEqual([
    '✗ contracts: The plugin "waiter" is listed twice. Leave one out.',
    '✗ contracts: "waiter" needs testing.menu@2, but "cook" provides testing.menu@1. Use versions of the two that agree.',
    '✗ contracts: "waiter" needs communication.channel-registry@1, which no plugin provides. Add communication() of @crmessenger/communication.',
    '✗ contracts: "waiter" needs infrastructure.storage@1, which no plugin provides. Add node() of @crmessenger/node, or memory() of @crmessenger/memory, for trials.',
    expect.stringMatching(/^✗ options: The options of "cook" are wrong at stars: /),
    '✗ environment: "cook" needs COOK_KEY (Opens the kitchen). Set it, or put it into .env.',
  ]);
  expect(stdout).toContain("! database: It was not asked. Put right what is above first.");
});
