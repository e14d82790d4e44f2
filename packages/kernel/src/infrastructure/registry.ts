import { CrmError } from "../errors/crm-error.ts";
import { executionContext } from "../context/execution-context.ts";
import { pluginLifetime } from "../plugin/lifetime.ts";

/** What a registry keeps: a strategy, or another part that there are several of. */
export interface Named {
  /** Unique in its registry: `<plugin>.<name>`, and without a prefix for what its owner brings along. */
  readonly name: string;
}

/**
 * Interchangeable parts of one kind, by name. The plugin that uses them provides the registry; plugins that bring
 * parts depend on it and register while they boot. Parts are chosen by name in stored data, so a name keeps its
 * meaning for ever, and its methods are asynchronous, since it may live in a worker. Any plugin registers; only the owner reads.
 */
export interface Registry<T extends Named> {
  /** Two parts of one name are `CRM_REGISTRY_DUPLICATE`. What a plugin registers while it boots or starts goes with it. */
  register(part: T): void;
  /** Takes a part out before its plugin ends. An unknown name is fine. */
  unregister(name: string): void;
  /** `CRM_REGISTRY_UNKNOWN` (422, details.known) for a name that nobody registered. */
  get(name: string): T;
  /** In order of name. The same list until a part comes or goes. */
  all(): readonly T[];
}

interface Entry<T> {
  readonly part: T;
  /** That brought it. */
  readonly plugin: string;
}

/**
 * A registry of parts that are called `what` in its errors, such as `payload generator`. While a plugin is reloaded, its
 * next version's part waits until the last one's is gone.
 */
export function createRegistry<T extends Named>(what: string): Registry<T> {
  const parts = new Map<string, readonly Entry<T>[]>();
  const names = () => [...parts.keys()].toSorted();
  let listed: readonly T[] | undefined;
  const keep = (name: string, entries: readonly Entry<T>[]) => {
    listed = undefined;
    if (entries.length > 0) parts.set(name, entries);
    else parts.delete(name);
  };
  return {
    register(part) {
      const { name } = part;
      const plugin = executionContext().actor.id;
      const lifetime = pluginLifetime();
      const earlier = parts.get(name) ?? [];
      if (earlier.some((entry) => entry.plugin !== plugin || !lifetime))
        throw new CrmError("CRM_REGISTRY_DUPLICATE", `There are two ${what}s named "${name}": rename one of them.`, {
          details: { what, name },
        });
      const entry = { part, plugin };
      keep(name, [...earlier, entry]);
      lifetime?.onEnd(() =>
        keep(
          name,
          (parts.get(name) ?? []).filter((other) => other !== entry),
        ),
      );
    },
    unregister: (name) => keep(name, []),
    get(name) {
      const [entry] = parts.get(name) ?? [];
      if (entry) return entry.part;
      const known = names();
      throw new CrmError(
        "CRM_REGISTRY_UNKNOWN",
        `There is no ${what} named "${name}". Add the plugin that brings it, or use one of: ${known.join(", ") || "none"}.`,
        { status: 422, details: { what, name, known } },
      );
    },
    all: () => (listed ??= Object.freeze(names().flatMap((name) => parts.get(name)?.[0]?.part ?? []))),
  };
}
