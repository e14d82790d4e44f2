import { spawn } from "node:child_process";
import { ScaffoldError } from "../scaffold-error.ts";

export const PACKAGE_MANAGERS = ["npm", "pnpm", "yarn", "bun"] as const;
export type PackageManager = (typeof PACKAGE_MANAGERS)[number];

/** The one that runs this process, as it says in `npm_config_user_agent`; npm when nobody says. */
export function callingPackageManager(userAgent: string | undefined): PackageManager {
  const name = userAgent?.split("/", 1)[0];
  return PACKAGE_MANAGERS.find((known) => known === name) ?? "npm";
}

/** What a person types to run a script: `npm start`, `yarn start`. */
export function runScript(manager: PackageManager, script: string): string {
  const short = manager === "npm" ? ["start", "test"].includes(script) : manager !== "bun";
  return short ? `${manager} ${script}` : `${manager} run ${script}`;
}

/** Runs a command of the installed packages: `npx crmessenger`. */
export function runBinary(manager: PackageManager, command: string): string {
  const runner = { npm: "npx", pnpm: "pnpm exec", yarn: "yarn", bun: "bunx" }[manager];
  return `${runner} ${command}`;
}

/** Installs the dependencies of the folder; its output is shown. Rejects with `CRM_SCAFFOLD_INSTALL`. */
export async function install(manager: PackageManager, folder: string): Promise<void> {
  const child = spawn(manager, ["install"], { cwd: folder, stdio: "inherit", shell: process.platform === "win32" });
  const code = await new Promise<number | null>((resolve) => {
    child.once("error", () => resolve(null));
    child.once("exit", resolve);
  });
  if (code === 0) return;
  const how = code === null ? "could not be run" : `ended with status ${code}`;
  throw new ScaffoldError("CRM_SCAFFOLD_INSTALL", `${manager} install ${how}. Run it again in ${folder}.`);
}
