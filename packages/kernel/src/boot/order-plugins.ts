import { type Contract, contractId, contractName } from "../contract.ts";
import { CrmError } from "../errors/crm-error.ts";
import type { Plugin } from "../plugin/plugin.ts";

/** Which plugin provides a contract; `kernel` stands for the kernel itself. */
export type Providers = ReadonlyMap<Contract<unknown>, string>;

export function collectProviders(plugins: readonly Plugin[], builtIn: Iterable<Contract<unknown>>): Providers {
  const providers = new Map<Contract<unknown>, string>();
  for (const reference of builtIn) providers.set(reference, "kernel");
  for (const { definition } of plugins) {
    for (const reference of Object.values(definition.provides ?? {})) {
      const other = providers.get(reference);
      if (other !== undefined) {
        throw new CrmError(
          "CRM_KERNEL_DUPLICATE_PROVIDER",
          `Both "${other}" and "${definition.id}" provide ${contractId(reference)}. Leave one of them out.`,
          {
            details: { contract: contractId(reference), plugins: [other, definition.id] },
          },
        );
      }
      providers.set(reference, definition.id);
    }
  }
  return providers;
}

/**
 * Sorts plugins so that each comes after those that provide what it needs; otherwise the order of the list stays.
 * A dependency nobody provides, one provided in another major only, and a cycle are errors that name both ends.
 */
export function orderPlugins(plugins: readonly Plugin[], providers: Providers): readonly Plugin[] {
  const byId = new Map(plugins.map((plugin) => [plugin.definition.id, plugin]));
  const done = new Set<string>();
  const ordered: Plugin[] = [];
  const visit = (plugin: Plugin, path: readonly string[]): void => {
    const { id } = plugin.definition;
    if (done.has(id)) return;
    if (path.includes(id)) throw cycle([...path.slice(path.indexOf(id)), id]);
    for (const provider of providersOf(plugin, providers)) {
      const other = byId.get(provider);
      if (other && other !== plugin) visit(other, [...path, id]);
    }
    const open = [...path, id];
    for (const provider of optionalProvidersOf(plugin, providers)) {
      const other = byId.get(provider);
      if (other && !open.some((waiting) => reaches(other, waiting))) visit(other, open);
    }
    done.add(id);
    ordered.push(plugin);
  };
  /** Whether a plugin comes after the one of this id anyway, by what it requires. */
  const reaches = (plugin: Plugin, id: string, seen = new Set<string>()): boolean => {
    if (plugin.definition.id === id) return true;
    if (seen.has(plugin.definition.id)) return false;
    seen.add(plugin.definition.id);
    return providersOf(plugin, providers).some((provider) => {
      const other = byId.get(provider);
      return other !== undefined && reaches(other, id, seen);
    });
  };
  for (const plugin of plugins) visit(plugin, []);
  return ordered;
}

/** Optional dependencies order the boot too, except where a required one says the opposite. */
function optionalProvidersOf(plugin: Plugin, providers: Providers): string[] {
  return Object.values(plugin.definition.optionalDeps ?? {}).flatMap((reference) => providers.get(reference) ?? []);
}

/** Required dependencies must be there. */
function providersOf(plugin: Plugin, providers: Providers): string[] {
  return Object.values(plugin.definition.deps ?? {}).map((reference) => {
    const provider = providers.get(reference);
    if (provider === undefined) throw missing(plugin, reference, providers);
    return provider;
  });
}

function missing(plugin: Plugin, reference: Contract<unknown>, providers: Providers): CrmError {
  const { id } = plugin.definition;
  const wanted = contractId(reference);
  const other = [...providers].find(([candidate]) => contractName(candidate) === contractName(reference));
  if (other) {
    return new CrmError(
      "CRM_KERNEL_INCOMPATIBLE_CONTRACT",
      `Plugin "${id}" needs ${wanted}, but "${other[1]}" provides ${contractId(other[0])}. Use versions of the two that agree.`,
      {
        details: { plugin: id, contract: wanted, provider: other[1], provided: contractId(other[0]) },
      },
    );
  }
  return new CrmError(
    "CRM_KERNEL_MISSING_DEPENDENCY",
    `Plugin "${id}" needs ${wanted}, which no plugin of this application provides. Add one that lists it in \`provides\`.`,
    {
      details: { plugin: id, contract: wanted },
    },
  );
}

function cycle(path: readonly string[]): CrmError {
  return new CrmError(
    "CRM_KERNEL_DEPENDENCY_CYCLE",
    `Plugins depend on each other in a circle: ${path.join(" → ")}. Break it with an optional dependency or an event.`,
    { details: { path } },
  );
}
