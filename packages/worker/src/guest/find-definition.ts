import { type AnyPluginDefinition, CrmError } from "@crmessenger/kernel";

/** The definition of the plugin among the exports of its module: of a factory, or of a plugin made by one. */
export function findDefinition(id: string, module: object, url: string): AnyPluginDefinition {
  for (const value of Object.values(module) as unknown[]) {
    if ((typeof value !== "object" && typeof value !== "function") || value === null) continue;
    const { definition } = value as { definition?: AnyPluginDefinition };
    if (definition?.id === id) return definition;
  }
  throw new CrmError(
    "CRM_WORKER_MODULE",
    `The module ${url} exports no plugin "${id}": give inWorker the module that exports what definePlugin answered.`,
    { details: { plugin: id, module: url } },
  );
}
