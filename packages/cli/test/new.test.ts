import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { crmessenger } from "./support/run-cli.ts";

test.each(["plugin", "channel", "projection"])("new %s makes a package", async (kind) => {
  const cwd = await mkdtemp(join(tmpdir(), "crmessenger-new-"));
  onTestFinished(() => rm(cwd, { recursive: true }));
  const made = await crmessenger(["new", kind, "carrier-pigeon"], { cwd });
  expect(made).toMatchObject({
    code: 0,
    stderr: "",
    stdout: expect.stringContaining("cd carrier-pigeon\n  npm install"),
  });
  const folder = join(cwd, "carrier-pigeon");
  expect(JSON.parse(await readFile(join(folder, "package.json"), "utf8"))).toMatchObject({
    name: `crmessenger-${kind}-carrier-pigeon`,
    peerDependencies: { "@crmessenger/kernel": expect.stringMatching(/^>=\d+\.\d+\.\d+ <\d+\.0\.0$/) },
  });
  expect(await readFile(join(folder, "src", "plugin.ts"), "utf8")).toMatch(/id: "carrier-pigeon"/);
});

test("new refuses a folder that is not empty", async () => {
  expect(await crmessenger(["new", "plugin", "shop"])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/is not empty.*\(CRM_SCAFFOLD_FOLDER\)\n$/),
  });
});

test("new refuses a bad name", async () => {
  expect(await crmessenger(["new", "plugin", "Loyal Customers"])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/is no name for a plugin.*\(CRM_SCAFFOLD_NAME\)\n$/),
  });
});
