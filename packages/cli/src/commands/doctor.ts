import { dirname } from "node:path";
import { CrmError, type KernelOptions } from "@crmessenger/kernel";
import type { Command } from "commander";
import { type LoadedApplication, loadApplication } from "../app/load-application.ts";
import { checkContracts } from "../doctor/check-contracts.ts";
import { checkDatabase } from "../doctor/check-database.ts";
import { checkEnvironment } from "../doctor/check-environment.ts";
import { checkNode } from "../doctor/check-node.ts";
import { checkOptions } from "../doctor/check-options.ts";
import { checkPackages } from "../doctor/check-packages.ts";
import { type Finding, advice, problem, well } from "../doctor/finding.ts";
import { installedPackages } from "../doctor/installed-packages.ts";
import { findConfig } from "../app/find-config.ts";
import { describeError } from "../output/describe-error.ts";
import { say, sayJson } from "../output/write.ts";
import { type GlobalOptions, defineCommand } from "./command.ts";

interface Options extends GlobalOptions {
  readonly json?: true;
  readonly database: boolean;
}

const SIGNS = { well: "✓", advice: "!", problem: "✗" } as const;

export function doctorCommand(): Command {
  return defineCommand("doctor", "Says what stands in the application's way, and what to do.", "crmessenger doctor")
    .option("--json", "as data")
    .option("--no-database", "leave the database alone; otherwise it is opened and brought up to date")
    .action(async (_: object, command: Command) => {
      const { app, json, database } = command.optsWithGlobals<Options>();
      const findings = await examine(app, database);
      if (json) sayJson(findings);
      else for (const { verdict, about, text } of findings) say(`${SIGNS[verdict]} ${about}: ${text}`);
      const { length } = findings.filter(({ verdict }) => verdict === "problem");
      if (length > 0)
        throw new CrmError("CRM_CLI_UNWELL", length === 1 ? "There is a problem." : `There are ${length} problems.`);
    });
}

/** As far as it gets: an application that can't be loaded has no plugins to look at. */
async function examine(app: string, database: boolean): Promise<readonly Finding[]> {
  const folder = dirname(findConfig(app));
  const surroundings = [checkNode(process.versions.node), ...checkPackages(installedPackages(folder))];
  let loaded: LoadedApplication;
  try {
    loaded = await loadApplication(app);
  } catch (error) {
    return [...surroundings, problem("application", describeError(error))];
  }
  const application = well("application", `${loaded.config} lists ${loaded.options.plugins.length} plugins.`);
  const found = [...surroundings, application, ...(await checkPlugins(loaded.options))];
  if (!database) return found;
  if (found.some(({ verdict }) => verdict === "problem"))
    return [...found, advice("database", "It was not asked. Put right what is above first.")];
  return [...found, ...(await checkDatabase(loaded.options))];
}

async function checkPlugins(options: KernelOptions): Promise<readonly Finding[]> {
  const { plugins, environment = process.env } = options;
  return [...(await checkContracts(plugins)), ...checkOptions(plugins), ...checkEnvironment(plugins, environment)];
}
