#!/usr/bin/env node
import { describeError } from "./output/describe-error.ts";
import { complain } from "./output/write.ts";
import { createProgram } from "./program.ts";

try {
  await createProgram().parseAsync();
} catch (error) {
  complain(describeError(error, { verbose: process.argv.includes("--verbose") }));
  process.exit(1); // whatever a failed start has left open
}
