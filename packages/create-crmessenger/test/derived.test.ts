import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { CHANNELS, type Choice, FEATURES } from "../src/app/app-choices.ts";
import { renderApp } from "../src/app/render-app.ts";
import { renderPlugin } from "../src/plugin/create-plugin.ts";

const example = (path: string) => readFile(new URL(`../../../examples/${path}`, import.meta.url), "utf8");
/** A shorter name may leave code on fewer lines. */
const bare = (text: string | undefined) => text?.replaceAll(/[\s,]+/g, "");
const withoutMarks = (text: string) => text.replaceAll(/^\s*(?:\/\/|#|<!--) #(?:if|end).*\n/gm, "");

test("an application with everything in it is the example", async () => {
  const valuesOf = (choices: readonly Choice[]) => choices.map(({ value }) => value);
  const choices = { channels: valuesOf(CHANNELS), features: valuesOf(FEATURES), database: "postgres" };
  const app = await renderApp({ name: "starter-app", ...choices });
  for (const path of ["crmessenger.config.ts", "src/crm.ts", "src/front-desk.ts", "test/crm.test.ts"])
    expect(app.get(path)).toBe(withoutMarks(await example(`starter-app/${path}`)));
  const [made, manifest] = [app.get("package.json") ?? "", await example("starter-app/package.json")].map(
    (text) => JSON.parse(text) as Record<string, object>,
  );
  for (const part of ["scripts", "dependencies"]) expect(made?.[part]).toEqual(manifest?.[part]);
});

test("a plugin of its own name is the one of the example", async () => {
  const plugin = await renderPlugin("plugin", "front-desk");
  expect(plugin.get("src/plugin.ts")).toBe(await example("starter-app/src/front-desk.ts"));
});

test("a channel of its own name is the example", async () => {
  const channel = await renderPlugin("channel", "pigeon");
  for (const file of [
    "src/pigeon-channel.ts",
    "src/pigeon-client.ts",
    "src/to-message.ts",
    "test/pigeon-channel.test.ts",
  ])
    expect(bare(channel.get(file))).toBe(bare(await example(`custom-channel/${file}`)));
});
