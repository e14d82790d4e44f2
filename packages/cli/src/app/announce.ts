import { type Kernel, contractId } from "@crmessenger/kernel";
import { HttpServer } from "@crmessenger/kernel/http";
import { say } from "../output/write.ts";

/** Says that the application runs, and where. */
export function announce(kernel: Kernel): void {
  const { plugins, readyMs } = kernel.inspect();
  say(`${plugins.length} plugins are ready after ${Math.round(readyMs)} ms.`);
  const url = addressOf(kernel);
  if (url !== undefined) say(`The HTTP API is at ${url}/api/v1.`);
}

/** Undefined where nothing listens: without the HTTP plugin, or mounted in a server of the application's own. */
function addressOf(kernel: Kernel): string | undefined {
  if (kernel.inspect().contracts[contractId(HttpServer)] === undefined) return undefined;
  try {
    return kernel.get(HttpServer).url;
  } catch {
    return undefined; // it is there and does not listen
  }
}
