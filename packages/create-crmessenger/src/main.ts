#!/usr/bin/env node
import { createProgram } from "./program.ts";
import { ScaffoldError } from "./scaffold-error.ts";

try {
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = 1;
  const cancelled = error instanceof ScaffoldError && error.code === "CRM_SCAFFOLD_CANCELLED"; // which was said already
  if (!cancelled) process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
}
