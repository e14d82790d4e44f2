import type { Contract, Plugin } from "@crmessenger/kernel";

/** The ids of the plugins that provide these contracts, and of those that they need themselves. */
export function pluginsBehind(
  plugins: readonly Plugin[],
  contracts: readonly Contract<unknown>[],
): ReadonlySet<string> {
  const found = new Set<string>();
  const add = (reference: Contract<unknown>): void => {
    const provider = plugins.find(({ definition }) => Object.values(definition.provides ?? {}).includes(reference));
    if (!provider || found.has(provider.definition.id)) return;
    found.add(provider.definition.id);
    const { deps, optionalDeps } = provider.definition;
    for (const needed of Object.values({ ...optionalDeps, ...deps })) add(needed);
  };
  contracts.forEach(add);
  return found;
}
