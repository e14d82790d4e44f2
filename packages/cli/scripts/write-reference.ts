import { writeFile } from "node:fs/promises";
import { createProgram } from "../src/program.ts";
import { describeCommands } from "../src/reference/describe-commands.ts";

/** Writes docs/reference/cli.md. Run it after a change of commands: node --conditions=@crmessenger/source <this file>. */
await writeFile(new URL("../../../docs/reference/cli.md", import.meta.url), describeCommands(createProgram()));
