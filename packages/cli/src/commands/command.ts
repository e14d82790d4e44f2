import { Command } from "commander";

/** Options of every command. */
export interface GlobalOptions {
  readonly app: string;
  readonly verbose?: true;
}

/** A command with an example in its help. */
export function defineCommand(name: string, description: string, example: string): Command {
  return new Command(name).description(description).addHelpText("after", `\nExample:\n  ${example}`);
}
