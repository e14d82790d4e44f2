import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { CrmError } from "@crmessenger/kernel";

const NAMES = ["crmessenger.config.ts", "crmessenger.config.js", "crmessenger.config.mjs"];

/** The path of the application's module in the folder; `CRM_CLI_NO_CONFIG` when there is none. */
export function findConfig(folder: string): string {
  const found = NAMES.map((name) => join(resolve(folder), name)).find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new CrmError(
    "CRM_CLI_NO_CONFIG",
    `There is no ${NAMES[0]} in ${resolve(folder)}. Go to the folder of an application, name it with --app, or make one: npm create crmessenger@latest.`,
    { details: { folder: resolve(folder) } },
  );
}
