import { realpathSync } from "node:fs";
import { dirname } from "node:path";
import type { Command } from "commander";
import { readEnvironment } from "../app/environment.ts";
import { findConfig } from "../app/find-config.ts";
import { untilAskedToStop } from "../app/until-asked-to-stop.ts";
import { DevSession } from "../dev/dev-session.ts";
import { LocalModules } from "../dev/local-modules.ts";
import { packageRoot } from "../dev/package-root.ts";
import { type GlobalOptions, defineCommand } from "./command.ts";

export function devCommand(): Command {
  return defineCommand(
    "dev",
    "Runs the application, and reloads a plugin of its own in place when a file of it is saved.",
    "crmessenger dev",
  ).action(async (_: object, command: Command) => {
    const { app, verbose = false } = command.optsWithGlobals<GlobalOptions>();
    const config = realpathSync(findConfig(app));
    process.chdir(dirname(config));
    readEnvironment(dirname(config));
    const modules = new LocalModules(packageRoot(dirname(config)));
    modules.install();
    const session = new DevSession({ modules, config, verbose });
    await session.start();
    await untilAskedToStop();
    await session.stop();
  });
}
