import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";

/** The environment of this process before any file was read into it. */
const given: Readonly<Record<string, string | undefined>> = { ...process.env };
let fromFile: readonly string[] = [];

/**
 * Reads `.env` of the folder into `process.env`; what the environment says by itself wins. Called again, what the file
 * no longer says goes away.
 */
export function readEnvironment(folder: string): void {
  const file = join(folder, ".env");
  const values = existsSync(file) ? parseEnv(readFileSync(file, "utf8")) : {};
  for (const name of fromFile) delete process.env[name];
  fromFile = Object.keys(values).filter((name) => given[name] === undefined && values[name] !== "");
  for (const name of fromFile) process.env[name] = values[name];
}
