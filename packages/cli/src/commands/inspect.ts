import { type Inspection, type KernelOptions, createKernel, isCrmError } from "@crmessenger/kernel";
import { EventLog } from "@crmessenger/kernel/infrastructure";
import type { Command } from "commander";
import { loadApplication } from "../app/load-application.ts";
import { pluginsBehind } from "../app/plugins-behind.ts";
import { startParts } from "../app/start-parts.ts";
import { withKernel } from "../app/with-kernel.ts";
import { type SubscriptionStates, printInspection } from "../inspect/print-inspection.ts";
import { say, sayJson } from "../output/write.ts";
import { type GlobalOptions, defineCommand } from "./command.ts";

interface Options extends GlobalOptions {
  readonly json?: true;
  readonly lag: boolean;
}

export function inspectCommand(): Command {
  return defineCommand("inspect", "Shows what the application is made of, without starting it.", "crmessenger inspect")
    .option("--json", "as data")
    .option("--no-lag", "do not ask the database how far the subscriptions are")
    .action(async (_: object, command: Command) => {
      const { app, json, lag } = command.optsWithGlobals<Options>();
      const { options } = await loadApplication(app);
      const inspection = await withKernel(createKernel({ ...options, start: false }), async (kernel) =>
        kernel.inspect(),
      );
      const subscriptions = lag ? await askSubscriptions(options, inspection) : { states: [] };
      if (json) sayJson({ ...inspection, subscriptions: subscriptions.states });
      else say(printInspection(inspection, subscriptions));
    });
}

async function askSubscriptions(options: KernelOptions, { plugins }: Inspection): Promise<SubscriptionStates> {
  const wanted = plugins.flatMap(({ subscriptions }) => subscriptions);
  if (wanted.length === 0 || pluginsBehind(options.plugins, [EventLog]).size === 0) return { states: [] };
  try {
    const states = await withKernel(startParts(options, [EventLog]), (kernel) =>
      kernel.get(EventLog).subscriptions(wanted),
    );
    return { states };
  } catch (error) {
    if (isCrmError(error)) return { states: [], problem: error.message };
    throw error;
  }
}
