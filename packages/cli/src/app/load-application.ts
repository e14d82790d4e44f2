import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { CrmError, type KernelOptions, type Plugin, isCrmError } from "@crmessenger/kernel";
import { readEnvironment } from "./environment.ts";
import { findConfig } from "./find-config.ts";

const OWN_SOURCES = new URL("..", import.meta.url).href;

export interface LoadedApplication {
  /** Of the configuration; also the current directory of the process, so that relative paths mean the same anywhere. */
  readonly folder: string;
  /** The path of the configuration. */
  readonly config: string;
  readonly options: KernelOptions;
}

/** Finds and evaluates the application of a folder, and makes the folder the current one. */
export async function loadApplication(folder: string): Promise<LoadedApplication> {
  const config = findConfig(folder);
  process.chdir(dirname(config));
  readEnvironment(dirname(config));
  return { folder: dirname(config), config, options: await evaluateConfig(config) };
}

/** Imports the module and answers the options of its kernel. */
export async function evaluateConfig(config: string): Promise<KernelOptions> {
  const module = (await importConfig(config)) as { readonly default?: unknown };
  const application: unknown = module.default;
  if (application === undefined)
    throw invalid(config, "it has no default export. Write: export default defineApp({ plugins: […] })");
  const options: unknown = typeof application === "function" ? await application() : application;
  if (typeof options !== "object" || options === null || !Array.isArray((options as KernelOptions).plugins))
    throw invalid(
      config,
      "its default export has no list of plugins. Write: export default defineApp({ plugins: […] })",
    );
  (options as KernelOptions).plugins.forEach((plugin, index) => requirePlugin(config, plugin, index));
  return options as KernelOptions;
}

async function importConfig(config: string): Promise<unknown> {
  try {
    return await import(pathToFileURL(config).href);
  } catch (error) {
    if (isCrmError(error)) throw error;
    throw new CrmError("CRM_CLI_CONFIG", `${config} can't be loaded. ${describeThrown(error)}`, { cause: error });
  }
}

/** With the first place that the error knows of, outside of installed packages. */
function describeThrown(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const places = (error.stack ?? "").match(/file:\/\/[^\s()]+:\d+/g) ?? [];
  const place = places.find((candidate) => !candidate.includes("/node_modules/") && !candidate.includes(OWN_SOURCES));
  const said = `${error.name}: ${error.message}`;
  return place === undefined ? said : `${place.replace(/^file:\/\/|\?v=\d+/g, "")}: ${said}`;
}

function requirePlugin(config: string, plugin: unknown, index: number): void {
  if (typeof plugin === "function")
    throw invalid(config, `plugins[${index}] is a function. Call it with its options, as in telegram()`);
  const { definition } = (plugin ?? {}) as Partial<Plugin>;
  if (typeof definition?.id !== "string")
    throw invalid(config, `plugins[${index}] is no plugin. Plugins are made by what definePlugin answers`);
}

function invalid(config: string, why: string): CrmError {
  return new CrmError("CRM_CLI_CONFIG", `${config} is no application: ${why}.`, { details: { config } });
}
