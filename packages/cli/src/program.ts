import { Command } from "commander";
import { devCommand } from "./commands/dev.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { explainCommand } from "./commands/explain.ts";
import { inspectCommand } from "./commands/inspect.ts";
import { migrateCommand } from "./commands/migrate.ts";
import { newCommand } from "./commands/new.ts";
import { replayCommand } from "./commands/replay.ts";
import { reportCommand } from "./commands/report.ts";
import { startCommand } from "./commands/start.ts";
import { userCommand } from "./commands/user-add.ts";
import { version } from "./version.ts";

/** The `crmessenger` command with everything it can do. */
export function createProgram(): Command {
  const program = new Command("crmessenger")
    .description("Runs, examines and begins CRMessenger applications.")
    .version(version)
    .option("--app <folder>", "the folder of crmessenger.config.ts", ".")
    .option("--verbose", "all there is to say about a failure")
    .addHelpText("after", "\nExample:\n  crmessenger start --app apps/support")
    .addCommand(startCommand())
    .addCommand(devCommand())
    .addCommand(inspectCommand())
    .addCommand(explainCommand())
    .addCommand(doctorCommand())
    .addCommand(migrateCommand())
    .addCommand(replayCommand())
    .addCommand(reportCommand())
    .addCommand(userCommand())
    .addCommand(newCommand());
  inSentences(program);
  return program;
}

/** What is wrong with a command line is said as everything else is: in sentences. */
function inSentences(command: Command): void {
  command.configureOutput({ outputError: (text, write) => write(`${sentence(text)}\n`) });
  command.commands.forEach(inSentences);
}

function sentence(text: string): string {
  const [first = "", ...more] = text.trim().split("\n");
  const said = first.replace(/^error: /, "").replace(/\.?$/, ".");
  const hints = more.map((line) => line.replace(/^\((.*)\)$/, "$1"));
  return [said.charAt(0).toUpperCase() + said.slice(1), ...hints].join(" ");
}
