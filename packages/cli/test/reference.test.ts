import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { expect, test } from "vitest";
import { createProgram } from "../src/program.ts";
import { describeCommands, exampleOf } from "../src/reference/describe-commands.ts";

const PAGE = new URL("../../../docs/reference/cli.md", import.meta.url);

test("docs/reference/cli.md describes the commands as they are (scripts/write-reference.ts writes it)", async () => {
  expect(await readFile(PAGE, "utf8")).toBe(describeCommands(createProgram()));
});

const all = (command: Command): readonly Command[] => [command, ...command.commands.flatMap(all)];

test.each(all(createProgram()).map((command) => [command.name(), command] as const))(
  "%s has a description and an example in its help",
  (_, command) => {
    expect(command.description()).toMatch(/\.$/);
    expect(exampleOf(command)).toMatch(/^crmessenger .*/);
  },
);
