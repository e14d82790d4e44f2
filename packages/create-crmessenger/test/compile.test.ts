import { writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type AppChoices, CHANNELS, DATABASES, FEATURES } from "../src/app/app-choices.ts";
import { renderApp } from "../src/app/render-app.ts";
import { writeFiles } from "../src/engine/write-files.ts";
import { PLUGIN_KINDS, renderPlugin } from "../src/plugin/create-plugin.ts";
import { Workshop } from "./support/workshop.ts";

let workshop: Workshop;
beforeAll(async () => {
  workshop = await Workshop.open();
});
afterAll(() => workshop.close());

function subsetsOf(values: readonly string[]): readonly (readonly string[])[] {
  return values.reduce<readonly (readonly string[])[]>(
    (subsets, value) => [...subsets, ...subsets.map((subset) => [...subset, value])],
    [[]],
  );
}

const valuesOf = (choices: readonly { readonly value: string }[]) => choices.map(({ value }) => value);

/** Every application there is. */
function combinations(): readonly AppChoices[] {
  return subsetsOf(valuesOf(CHANNELS)).flatMap((channels) =>
    subsetsOf(valuesOf(FEATURES)).flatMap((features) =>
      valuesOf(DATABASES).map((database) => ({
        name: ["app", ...channels, ...features, database].join("-"),
        channels,
        features,
        database,
      })),
    ),
  );
}

test("every combination compiles, and so does what `crmessenger new` makes", { timeout: 120_000 }, async () => {
  const all = combinations();
  expect(all).toHaveLength(64);
  for (const choices of all) await writeFiles(workshop.path(choices.name), await renderApp(choices));
  for (const kind of PLUGIN_KINDS) await writeFiles(workshop.path(kind), await renderPlugin(kind, "carrier-pigeon"));
  const tsconfig = {
    extends: "./channel/tsconfig.json", // the strictest
    compilerOptions: { typeRoots: ["./node_modules/@types"] },
    include: ["*/crmessenger.config.ts", "*/src", "*/test", "*/playground"],
  };
  await writeFile(workshop.path("tsconfig.json"), JSON.stringify(tsconfig));
  const { code, stdout } = await workshop.run("typescript/bin/tsc", ["-p", "."]);
  expect(stdout).toBe("");
  expect(code).toBe(0);
});

test("what is left out leaves nothing behind", async () => {
  const plain = await renderApp({ name: "@shop/crm", channels: [], features: [], database: "embedded" });
  const text = [...plain].map(([path, content]) => `${path}\n${content}`).join("\n");
  expect(text).not.toMatch(/telegram|whatsapp|amocrm|http-channel|DATABASE_URL=|#if|#end|template.?name|starter/i);
  expect([...plain.keys()].toSorted()).toEqual([
    ".env.example",
    ".gitignore",
    "README.md",
    "crmessenger.config.ts",
    "package.json",
    "src/crm.ts",
    "src/front-desk.ts",
    "test/crm.test.ts",
    "test/front-desk.test.ts",
    "tsconfig.json",
  ]);
  expect(plain.get("README.md")).toMatch(/^# Crm\n/);
  expect(JSON.parse(plain.get("package.json") ?? "")).toMatchObject({
    name: "@shop/crm",
    dependencies: { "@crmessenger/cli": expect.stringMatching(/^\^\d/) },
  });
});

test("what is chosen is there", async () => {
  const [channels, features] = [valuesOf(CHANNELS), valuesOf(FEATURES)];
  const full = await renderApp({ name: "crm", channels, features, database: "postgres" });
  expect([...full.keys()]).toEqual(expect.arrayContaining([".github/workflows/check.yaml", "compose.yaml"]));
  expect(full.get(".env.example")).toMatch(/^DATABASE_URL=postgresql:/m);
  const { dependencies } = JSON.parse(full.get("package.json") ?? "") as { dependencies: object };
  for (const { dependency } of [...CHANNELS, ...FEATURES])
    if (dependency !== undefined) expect(dependencies).toHaveProperty([dependency]);
});
