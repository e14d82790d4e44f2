import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { copyFixture, crmessenger } from "./support/run-cli.ts";

test.each([
  [["strat"], "Unknown command 'strat'. Did you mean start?\n"],
  [["new", "plugim", "x"], "Unknown command 'plugim'. Did you mean plugin?\n"],
  [["replay", "counter.main"], "Required option '--from <position>' not specified.\n"],
  [
    ["replay", "counter.main", "--from", "soon"],
    '--from is a position, 1 or more, or "start", not "soon". (CRM_CLI_POSITION)\n',
  ],
  [
    ["replay", "nobody.main", "--from", "1"],
    expect.stringMatching(/^There is no subscription "nobody\.main".* \(CRM_EVENT_UNKNOWN_SUBSCRIPTION\)\n$/),
  ],
  [
    ["explain", "sales.contat.create"],
    'No plugin of this application serves "sales.contat.create". Did you mean sales.contact.create? (CRM_CLI_UNKNOWN_OPERATION)\n',
  ],
  [
    ["explain", "sales.contact.create", "--input", "{"],
    expect.stringMatching(/^--input is no JSON: .*\(CRM_CLI_INPUT\)\n$/),
  ],
  [
    ["explain", "sales.contact.list", "--as", "nobody@example.org"],
    'There is no active user "nobody@example.org". (CRM_CLI_UNKNOWN_USER)\n',
  ],
  [
    ["user", "add", "--email", "a@example.org", "--role", "king"],
    'There is no role "king". Choose from: manager, owner. (CRM_CLI_UNKNOWN_ROLE)\n',
  ],
])("%j is refused with a sentence", async (args, stderr) => {
  expect(await crmessenger([...args, "--app", "shop"])).toEqual({ code: 1, stdout: "", stderr });
});

test("says where there is no application, and what to do", async () => {
  const { code, stderr } = await crmessenger(["start", "--app", "nowhere"]);
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(/^There is no crmessenger\.config\.ts in .*npm create/),
  });
});

test.each([
  ["export const plugins = [];", "it has no default export"],
  ["export default { plugin: [] };", "its default export has no list of plugins"],
  [
    'import { memory } from "@crmessenger/memory";\nexport default { plugins: [memory] };',
    "plugins[0] is a function. Call it with its options",
  ],
  ["export default { plugins: [7] };", "plugins[0] is no plugin"],
  ["\nconst x = ;", "crmessenger.config.ts:2: SyntaxError"],
  ["throw new TypeError('no luck');", "TypeError: no luck"],
  ['import "./missing.ts";', "missing.ts"],
])("says what is wrong with a configuration: %j", async (text, why) => {
  const folder = await copyFixture("quiet");
  await writeFile(join(folder, "crmessenger.config.ts"), text);
  const { code, stdout, stderr } = await crmessenger(["inspect", "--app", folder]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toContain(why);
  expect(stderr).not.toMatch(/^ {4}at /m);
});

test("--verbose says where a failure comes from", async () => {
  const { stderr } = await crmessenger(["start", "--verbose", "--app", "quiet"]);
  expect(stderr).toMatch(/^ +at .*crmessenger\.config\.ts/m);
});
