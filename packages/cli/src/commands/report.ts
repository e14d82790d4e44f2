import { CrmError, type Kernel } from "@crmessenger/kernel";
import { AnalyticsEngine, ListReports, RenderNamedReport, RunNamedReport } from "@crmessenger/kernel/analytics";
import { UserRepository } from "@crmessenger/kernel/iam";
import { type Command, Option } from "commander";
import { callerOf } from "../app/caller-of.ts";
import { loadApplication } from "../app/load-application.ts";
import { requireProvider } from "../app/require-provider.ts";
import { startParts } from "../app/start-parts.ts";
import { withKernel } from "../app/with-kernel.ts";
import { say, sayJson } from "../output/write.ts";
import { printReport } from "../report/print-report.ts";
import { type GlobalOptions, defineCommand } from "./command.ts";

const FORMATS = ["table", "json", "csv", "svg"] as const;
const COMPARISONS = ["previous-period", "previous-year"] as const;

interface Options extends GlobalOptions {
  readonly format: (typeof FORMATS)[number];
  readonly from?: string;
  readonly to?: string;
  readonly timeZone?: string;
  readonly compare?: (typeof COMPARISONS)[number];
  readonly as?: string;
}

export function reportCommand(): Command {
  return defineCommand(
    "report",
    "Answers a report by its name, from the facts as they were when the application last ran; without a name, lists them.",
    "crmessenger report funnel --format svg > funnel.svg",
  )
    .argument("[name]", "such as leads-by-source")
    .addOption(new Option("--format <format>", "how it is written").choices(FORMATS).default("table"))
    .option("--from <time>", "what happened from this time on: 2026-01-31, midnight UTC, or 2026-01-31T09:00:00.000Z")
    .option("--to <time>", "and before this time")
    .option("--time-zone <name>", "where days begin, such as Europe/Berlin; default: UTC")
    .addOption(new Option("--compare <period>", "beside the same for an earlier time").choices(COMPARISONS))
    .option(
      "--as <user>",
      "the id or e-mail address of the user whose figures these are; default: the system, which sees all",
    )
    .action(async (name: string | undefined, _: object, command: Command) => {
      const { app, as, ...asked } = command.optsWithGlobals<Options>();
      const { options } = await loadApplication(app);
      requireProvider(options.plugins, AnalyticsEngine);
      if (as !== undefined) requireProvider(options.plugins, UserRepository);
      await withKernel(startParts(options, [AnalyticsEngine, UserRepository]), async (kernel) => {
        const caller = as === undefined ? {} : await callerOf(kernel, as);
        await kernel.run(() => (name === undefined ? list(kernel) : print(kernel, name, asked)), caller);
      });
    });
}

async function list({ bus }: Kernel): Promise<void> {
  const { items } = await bus.ask(ListReports, {});
  const width = Math.max(0, ...items.map(({ name }) => name.length));
  say(items.map(({ name, description }) => `${name.padEnd(width)}  ${description}`).join("\n"));
}

async function print({ bus }: Kernel, name: string, options: Omit<Options, "app" | "as">): Promise<void> {
  const { format, from, to, timeZone, compare } = options;
  const input = {
    name,
    ...(from === undefined ? {} : { from: timeOf(from, "--from") }),
    ...(to === undefined ? {} : { to: timeOf(to, "--to") }),
    ...(timeZone === undefined ? {} : { timeZone }),
    ...(compare === undefined ? {} : { comparison: compare }),
  };
  if (format === "table") return say(printReport(await bus.ask(RunNamedReport, input)));
  if (format === "json") return sayJson(await bus.ask(RunNamedReport, input));
  const { body } = await bus.ask(RenderNamedReport, { ...input, format });
  say(body.trimEnd());
}

function timeOf(text: string, option: string): string {
  const time = /^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d{1,3})?Z)?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time)) return new Date(time).toISOString();
  throw new CrmError(
    "CRM_CLI_TIME",
    `${option} is a day such as 2026-01-31, or a time such as 2026-01-31T09:00:00Z, not "${text}".`,
  );
}
