import { dependenciesOf } from "../engine/package-versions.ts";
import { type AppChoices, CHANNELS, FEATURES } from "./app-choices.ts";

const ALWAYS = [
  ...["cli", "communication", "http", "iam", "kernel", "mikro-orm", "node", "sales"].map(
    (name) => `@crmessenger/${name}`,
  ),
  "zod",
];
const FOR_WORK = ["@crmessenger/memory", "@crmessenger/testing", "@types/node", "typescript", "vitest"];

/** The package.json of an application. */
export function appManifest(choices: AppChoices, versionOf: (name: string) => string): string {
  const chosen = [...CHANNELS, ...FEATURES].filter(({ value }) =>
    [...choices.channels, ...choices.features].includes(value),
  );
  const packages = chosen.flatMap(({ dependency }) => dependency ?? []);
  const manifest = {
    name: choices.name,
    version: "0.1.0",
    private: true,
    type: "module",
    scripts: {
      start: "crmessenger start",
      dev: "crmessenger dev",
      test: "vitest run",
      check: "tsc",
      doctor: "crmessenger doctor",
    },
    dependencies: dependenciesOf([...ALWAYS, ...packages], versionOf),
    devDependencies: dependenciesOf(FOR_WORK, versionOf),
    engines: { node: ">=22.18" },
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}
