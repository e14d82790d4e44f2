import { readFile, readdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Ended, Workshop, runNode } from "./support/workshop.ts";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));

let workshop: Workshop;
beforeAll(async () => {
  workshop = await Workshop.open();
});
afterAll(() => workshop.close());

function create(...args: readonly string[]): Promise<Ended> {
  return runNode([MAIN, ...args], workshop.folder);
}

test("makes an application without asking, and says how to go on", async () => {
  const made = await create(
    "shop",
    "--yes",
    "--no-install",
    "--channels",
    "telegram,http",
    "--package-manager",
    "pnpm",
  );
  expect(made).toMatchObject({ code: 0, stderr: "" });
  expect(made.stdout).toContain("cd shop\n  pnpm install\n  pnpm exec crmessenger user add");
  expect(await readdir(workshop.path("shop"))).toEqual(expect.arrayContaining([".env", ".gitignore", "package.json"]));
  expect(await readFile(workshop.path("shop", "package.json"), "utf8")).toMatch(/"@crmessenger\/telegram"/);
});

test("takes the folder as an option, and has a default for everything", async () => {
  expect((await create("--yes", "--no-install", "--directory", "elsewhere")).code).toBe(0);
  expect((await create("--yes", "--no-install")).stdout).toContain("cd my-crm");
  const manifests = await Promise.all(
    ["elsewhere", "my-crm"].map((name) => readFile(workshop.path(name, "package.json"), "utf8")),
  );
  for (const manifest of manifests) expect(manifest).toMatch(/"@crmessenger\/http-channel"/);
});

test("refuses a folder that is not empty, and a file", async () => {
  const used = await workshop.makeFolder("used");
  await writeFile(`${used}/notes.txt`, "mine");
  expect(await create("used", "--yes", "--no-install")).toMatchObject({
    code: 1,
    stdout: "",
    stderr: `The folder ${used} is not empty (notes.txt). Name another one.\n`,
  });
  expect(await readdir(used)).toEqual(["notes.txt"]);
  expect((await create("used/notes.txt", "--yes", "--no-install")).stderr).toMatch(/is a file/);
});

test.each([
  [["My Shop"], '"My Shop" is no name for a package: use lower case letters, digits and dashes, such as my-crm.\n'],
  [["node_modules"], '"node_modules" is reserved: choose another name.\n'],
  [["a", "--channels", "pigeon"], 'There is no channel "pigeon". Choose from: telegram, whatsapp, http.\n'],
  [["b", "--database", "oracle"], 'There is no database "oracle". Choose from: embedded, postgres.\n'],
  [["c", "--features", "ci,teleport"], 'There is no feature "teleport". Choose from: amocrm, ci.\n'],
])("refuses %j with a sentence", async (args, stderr) => {
  expect(await create(...args, "--yes", "--no-install")).toEqual({ code: 1, stdout: "", stderr });
});

test("shows help with an example", async () => {
  const { code, stdout } = await create("--help");
  expect(code).toBe(0);
  expect(stdout).toMatch(/Example:\n {2}npm create crmessenger@latest/);
});
