import { CrmError } from "@crmessenger/kernel";
import { EventLog } from "@crmessenger/kernel/infrastructure";
import type { Command } from "commander";
import { loadApplication } from "../app/load-application.ts";
import { requireProvider } from "../app/require-provider.ts";
import { startParts } from "../app/start-parts.ts";
import { withKernel } from "../app/with-kernel.ts";
import { say } from "../output/write.ts";
import { type GlobalOptions, defineCommand } from "./command.ts";

interface Options extends GlobalOptions {
  readonly from: string;
}

export function replayCommand(): Command {
  return defineCommand(
    "replay",
    "Delivers events to a subscription once more, from a position of the log on.",
    "crmessenger replay front-desk.main --from start",
  )
    .argument("<subscription>", "its name, as `crmessenger inspect` shows it")
    .requiredOption("--from <position>", "of the first event to deliver again, or start")
    .action(async (name: string, _: object, command: Command) => {
      const { app, from } = command.optsWithGlobals<Options>();
      const first = positionOf(from);
      const { options } = await loadApplication(app);
      requireProvider(options.plugins, EventLog);
      await withKernel(startParts(options, [EventLog]), (kernel) =>
        kernel.run(() => kernel.get(EventLog).replay(name, first - 1)),
      );
      say(`${name} gets the events from position ${first} on again, as soon as the application runs.`);
    });
}

function positionOf(text: string): number {
  if (text === "start") return 1;
  const position = Number(text);
  if (Number.isSafeInteger(position) && position > 0) return position;
  throw new CrmError("CRM_CLI_POSITION", `--from is a position, 1 or more, or "start", not "${text}".`);
}
