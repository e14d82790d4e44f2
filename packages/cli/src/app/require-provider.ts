import { type Contract, CrmError, type Plugin, contractId } from "@crmessenger/kernel";
import { suggestPackages } from "../doctor/known-providers.ts";

/** The id of the plugin that provides the contract; `CRM_CLI_NO_PROVIDER` suggests where to get one. */
export function requireProvider(plugins: readonly Plugin[], reference: Contract<unknown>): string {
  const found = plugins.find(({ definition }) => Object.values(definition.provides ?? {}).includes(reference));
  if (found) return found.definition.id;
  const id = contractId(reference);
  throw new CrmError("CRM_CLI_NO_PROVIDER", `No plugin of this application provides ${id}.${suggestPackages(id)}`, {
    details: { contract: id },
  });
}
