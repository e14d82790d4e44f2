import { UnitOfWork } from "@crmessenger/kernel/infrastructure";
import type { Command } from "commander";
import { loadApplication } from "../app/load-application.ts";
import { startParts } from "../app/start-parts.ts";
import { withKernel } from "../app/with-kernel.ts";
import { requireProvider } from "../app/require-provider.ts";
import { say } from "../output/write.ts";
import { type GlobalOptions, defineCommand } from "./command.ts";

export function migrateCommand(): Command {
  return defineCommand(
    "migrate",
    "Brings the database up to date, before a deployment. Every start of the application does so too.",
    "crmessenger migrate",
  ).action(async (_: object, command: Command) => {
    const { options } = await loadApplication(command.optsWithGlobals<GlobalOptions>().app);
    const storage = requireProvider(options.plugins, UnitOfWork);
    await withKernel(startParts(options, [UnitOfWork]), async () => undefined);
    say(`The database of ${storage} is up to date.`);
  });
}
