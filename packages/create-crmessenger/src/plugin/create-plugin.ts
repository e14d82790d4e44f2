import { dependenciesOf, packageVersions } from "../engine/package-versions.ts";
import { type RenderedFiles, renderTemplate } from "../engine/render-template.ts";
import { namesOf } from "../engine/replace-names.ts";
import { writeFiles } from "../engine/write-files.ts";
import { pluginNameProblem, refuseName } from "../target/check-name.ts";
import { refuseUsedFolder } from "../target/refuse-used-folder.ts";

/** What `crmessenger new` makes, by the name of its template. */
export const PLUGIN_KINDS = ["plugin", "channel", "projection"] as const;
export type PluginKind = (typeof PLUGIN_KINDS)[number];

const DESCRIPTIONS: Readonly<Record<PluginKind, string>> = {
  plugin: "A CRMessenger plugin.",
  channel: "A channel for CRMessenger.",
  projection: "Figures of a CRMessenger application, kept up to date by its events.",
};

/** What the playground and the tests of each kind are made with, besides what all have. */
const EXTRA: Readonly<Record<PluginKind, readonly string[]>> = {
  plugin: [],
  channel: ["@crmessenger/communication", "@crmessenger/iam", "@crmessenger/node"],
  projection: ["@crmessenger/analytics", "@crmessenger/mikro-orm"],
};

const FOR_WORK = [
  "@crmessenger/cli",
  "@crmessenger/http",
  "@crmessenger/kernel",
  "@crmessenger/memory",
  "@crmessenger/sales",
  "@crmessenger/testing",
  "@types/node",
  "typescript",
  "vitest",
];

/**
 * Writes the package of a plugin into the folder: the plugin, its tests and a playground application that runs it.
 * The same refusals as `createApp`. Answers the paths that were written.
 */
export async function createPlugin(folder: string, kind: PluginKind, name: string): Promise<readonly string[]> {
  refuseName(pluginNameProblem(name));
  await refuseUsedFolder(folder);
  const files = await renderPlugin(kind, name);
  await writeFiles(folder, files);
  return [...files.keys()];
}

/** The files of a plugin's package. */
export async function renderPlugin(kind: PluginKind, name: string): Promise<RenderedFiles> {
  const versionOf = await packageVersions();
  const input = { names: namesOf(name), flags: new Set<string>([kind]) };
  const files = new Map([...(await renderTemplate("package", input)), ...(await renderTemplate(kind, input))]);
  files.set("package.json", pluginManifest(kind, name, versionOf));
  return files;
}

function pluginManifest(kind: PluginKind, name: string, versionOf: (name: string) => string): string {
  const manifest = {
    name: `crmessenger-${kind}-${name}`,
    version: "0.1.0",
    description: DESCRIPTIONS[kind],
    keywords: ["crmessenger", `crmessenger-${kind}`],
    license: "MIT",
    type: "module",
    files: ["dist", "src"],
    exports: { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" }, "./package.json": "./package.json" },
    scripts: {
      start: "crmessenger dev --app playground",
      build: "tsc -p tsconfig.build.json",
      test: "vitest run",
      check: "tsc",
      prepublishOnly: "tsc && vitest run && tsc -p tsconfig.build.json",
    },
    dependencies: dependenciesOf(["zod"], versionOf),
    peerDependencies: { "@crmessenger/kernel": anyMinorFrom(versionOf("@crmessenger/kernel")) },
    devDependencies: dependenciesOf([...FOR_WORK, ...EXTRA[kind]], versionOf),
    engines: { node: ">=22.18" },
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** A peer range that a minor release of the kernel does not break: contracts have majors of their own. */
function anyMinorFrom(range: string): string {
  const version = range.replace(/^[^\d]*/, "");
  return `>=${version} <${Number(version.split(".")[0]) + 1}.0.0`;
}
