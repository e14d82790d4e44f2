import { type Kernel, type KernelOptions, isCrmError } from "@crmessenger/kernel";
import { UnitOfWork } from "@crmessenger/kernel/infrastructure";
import { pluginsBehind } from "../app/plugins-behind.ts";
import { startParts } from "../app/start-parts.ts";
import { withKernel } from "../app/with-kernel.ts";
import { describeError } from "../output/describe-error.ts";
import { type Finding, advice, problem, well } from "./finding.ts";

const ABOUT = "database";

/** Whether the storage starts and is up to date: starting it is what brings it up to date, as every start does. */
export async function checkDatabase(options: KernelOptions): Promise<readonly Finding[]> {
  const storage = pluginsBehind(options.plugins, [UnitOfWork]);
  if (storage.size === 0) return [advice(ABOUT, "No plugin of this application stores anything.")];
  try {
    return await withKernel(startParts(options, [UnitOfWork]), (kernel) => healthOf(kernel, storage));
  } catch (error) {
    if (!isCrmError(error)) throw error;
    return [problem(error.code === "CRM_PLUGIN_START" ? ABOUT : "boot", describeError(error))];
  }
}

async function healthOf(kernel: Kernel, storage: ReadonlySet<string>): Promise<readonly Finding[]> {
  const { plugins } = await kernel.health();
  return [...storage].map((id) => {
    const { status = "down", reason = "" } = plugins[id] ?? {};
    if (status === "up") return well(ABOUT, `"${id}" answers, and is up to date.`);
    return (status === "down" ? problem : advice)(ABOUT, `"${id}" is ${status}: ${reason}`);
  });
}
