import { relative, resolve } from "node:path";
import { PLUGIN_KINDS, type PluginKind, createPlugin } from "create-crmessenger";
import type { Command } from "commander";
import { say } from "../output/write.ts";
import { defineCommand } from "./command.ts";

const DESCRIPTIONS: Readonly<Record<PluginKind, string>> = {
  plugin: "A package with a plugin, its tests and a playground.",
  channel: "A package with a channel that passes the conformance suite, and a playground.",
  projection: "A package with figures that are kept up to date by events, and a playground.",
};

const EXAMPLES: Readonly<Record<PluginKind, string>> = {
  plugin: "loyal-customers",
  channel: "carrier-pigeon",
  projection: "leads-per-day",
};

export function newCommand(): Command {
  const command = defineCommand("new", "Makes a package to begin with.", "crmessenger new plugin loyal-customers");
  for (const kind of PLUGIN_KINDS) command.addCommand(newPackage(kind));
  return command;
}

function newPackage(kind: PluginKind): Command {
  return defineCommand(kind, DESCRIPTIONS[kind], `crmessenger new ${kind} ${EXAMPLES[kind]}`)
    .argument("<name>", "in lower case with dashes; also the plugin's id")
    .option("--directory <path>", "where it goes; default: a folder of its name")
    .action(async (name: string, { directory = name }: { readonly directory?: string }) => {
      const folder = resolve(directory);
      const files = await createPlugin(folder, kind, name);
      const here = relative(process.cwd(), folder) || ".";
      say(`${files.length} files are in ${here}. Next:\n\n  cd ${here}\n  npm install\n  npm test\n  npm start`);
    });
}
