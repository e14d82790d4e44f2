import { CrmError } from "../errors/crm-error.ts";

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
  /** Two parts of one name are `CRM_REGISTRY_DUPLICATE`. */
  register(part: T): void;
  /** Takes a part out, for the `stop` of the plugin that brought it. An unknown name is fine. */
  unregister(name: string): void;
  /** `CRM_REGISTRY_UNKNOWN` (422, details.known) for a name that nobody registered. */
  get(name: string): T;
  /** In order of name. */
  all(): readonly T[];
}

/** A registry of parts that are called `what` in its errors, such as `payload generator`. */
export function createRegistry<T extends Named>(what: string): Registry<T> {
  const parts = new Map<string, T>();
  const names = () => [...parts.keys()].toSorted();
  return {
    register(part) {
      if (parts.has(part.name))
        throw new CrmError(
          "CRM_REGISTRY_DUPLICATE",
          `There are two ${what}s named "${part.name}": rename one of them.`,
          {
            details: { what, name: part.name },
          },
        );
      parts.set(part.name, part);
    },
    unregister: (name) => void parts.delete(name),
    get(name) {
      const part = parts.get(name);
      if (part) return part;
      const known = names();
      throw new CrmError(
        "CRM_REGISTRY_UNKNOWN",
        `There is no ${what} named "${name}". Add the plugin that brings it, or use one of: ${known.join(", ") || "none"}.`,
        { status: 422, details: { what, name, known } },
      );
    },
    all: () => names().map((name) => parts.get(name) as T),
  };
}
