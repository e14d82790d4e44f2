import { CrmError } from "@crmessenger/kernel";

/** The exports of a module; `CRM_WORKER_MODULE` when it can't be loaded. */
export async function importModule(url: string): Promise<object> {
  try {
    return (await import(/* @vite-ignore */ url)) as object;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new CrmError("CRM_WORKER_MODULE", `The module ${url} could not be loaded: ${said}`, {
      details: { module: url },
      cause: error,
    });
  }
}
