import { type Kernel, createKernel } from "@crmessenger/kernel";
import type { Command } from "commander";
import { announce } from "../app/announce.ts";
import { loadApplication } from "../app/load-application.ts";
import { untilAskedToStop } from "../app/until-asked-to-stop.ts";
import { type GlobalOptions, defineCommand } from "./command.ts";

export function startCommand(): Command {
  return defineCommand("start", "Runs the application until it is asked to stop.", "crmessenger start").action(
    async (_: object, command: Command) => {
      const { options } = await loadApplication(command.optsWithGlobals<GlobalOptions>().app);
      await serve(await createKernel(options));
    },
  );
}

async function serve(kernel: Kernel): Promise<void> {
  announce(kernel);
  await untilAskedToStop();
  await kernel.stop();
}
