import type { Argument, Command, Option } from "commander";

/** The page of the reference that describes every command, made from their definitions. */
export function describeCommands(program: Command): string {
  const intro = [
    "# Command line",
    "",
    "`@crmessenger/cli` brings the command `crmessenger`; inside an application run it with `npx crmessenger`. Every",
    "command has `--help`. Failures are a sentence on stderr with an error code, and exit code 1.",
    "",
    "Options of every command:",
    "",
    ...optionsOf(program),
  ];
  const commands = program.commands.flatMap((command) => describe(command, program.name()));
  return `${[...intro, ...commands].join("\n")}\n`;
}

function describe(command: Command, parent: string): readonly string[] {
  const name = `${parent} ${command.name()}`;
  if (command.commands.length > 0) return command.commands.flatMap((inner) => describe(inner, name));
  const names = command.registeredArguments.map(placeholder).map((text) => ` ${text}`);
  const lines = [...command.registeredArguments.map(argumentLine), ...command.options.map(optionLine)];
  const table = lines.length === 0 ? [] : ["| | |", "| --- | --- |", ...lines, ""];
  return [
    "",
    `## ${name}${names.join("")}`,
    "",
    command.description(),
    "",
    ...table,
    "```sh",
    exampleOf(command),
    "```",
  ];
}

function optionsOf(command: Command): readonly string[] {
  return ["| | |", "| --- | --- |", ...command.options.map(optionLine)];
}

function optionLine({ flags, description, defaultValue }: Option): string {
  const initial = typeof defaultValue === "string" ? `; default: \`${defaultValue}\`` : "";
  return `| \`${flags}\` | ${description}${initial} |`;
}

function argumentLine(argument: Argument): string {
  return `| \`${placeholder(argument)}\` | ${argument.description} |`;
}

function placeholder(argument: Argument): string {
  return argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;
}

/** The example at the end of a command's help. */
export function exampleOf(command: Command): string {
  let help = "";
  command.configureOutput({ writeOut: (text) => (help += text) });
  command.outputHelp();
  return /\nExample:\n {2}(.*)\n/.exec(help)?.[1] ?? "";
}
