import { CrmError, type Kernel, type Operation } from "@crmessenger/kernel";
import { PermissionManager, UserRepository } from "@crmessenger/kernel/iam";
import { UnitOfWork } from "@crmessenger/kernel/infrastructure";
import type { Command } from "commander";
import { callerOf } from "../app/caller-of.ts";
import { loadApplication } from "../app/load-application.ts";
import { requireProvider } from "../app/require-provider.ts";
import { startParts } from "../app/start-parts.ts";
import { withKernel } from "../app/with-kernel.ts";
import { printExplanation } from "../explain/print-explanation.ts";
import { nearest } from "../output/nearest.ts";
import { say, sayJson } from "../output/write.ts";
import { type GlobalOptions, defineCommand } from "./command.ts";

interface Options extends GlobalOptions {
  readonly input: string;
  readonly as?: string;
  readonly json?: true;
}

export function explainCommand(): Command {
  return defineCommand(
    "explain",
    "Shows which guard, transform and voter does what to an operation, field by field. It is tried and undone.",
    `crmessenger explain sales.lead.create --input '{"title":"Coffee","contactId":"…","source":{"channel":"web-form"}}'`,
  )
    .argument("<operation>", "its name, such as sales.lead.create")
    .option("--input <json>", "what it is called with", "{}")
    .option("--as <user>", "the id or e-mail address of the user who calls; default: the system")
    .option("--json", "as data")
    .action(async (name: string, _: object, command: Command) => {
      const { app, input, as, json } = command.optsWithGlobals<Options>();
      const value = parseInput(input);
      const { options } = await loadApplication(app);
      if (as !== undefined) requireProvider(options.plugins, UserRepository);
      await withKernel(startParts(options, [UnitOfWork, PermissionManager, UserRepository]), async (kernel) => {
        const operation = operationOf(kernel, name);
        const caller = as === undefined ? {} : await callerOf(kernel, as);
        const explanation = await kernel.run(() => kernel.explain(operation, value), caller);
        if (json) sayJson(explanation);
        else say(printExplanation(explanation));
      });
    });
}

function operationOf(kernel: Kernel, name: string): Operation {
  const operations = kernel.bus.operations();
  const found = operations.find((operation) => operation.name === name);
  if (found) return found;
  const near = nearest(
    name,
    operations.map((operation) => operation.name),
  );
  const hint = near === undefined ? "`crmessenger inspect` lists those there are." : `Did you mean ${near}?`;
  throw new CrmError("CRM_CLI_UNKNOWN_OPERATION", `No plugin of this application serves "${name}". ${hint}`);
}

function parseInput(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CrmError("CRM_CLI_INPUT", `--input is no JSON: ${(error as Error).message}.`, { cause: error });
  }
}
