import { AsyncLocalStorage } from "node:async_hooks";

type End = () => void | Promise<void>;

/** The time from a plugin's boot to its stop. What others hold for it, they let go of at its end. */
export class Lifetime {
  readonly #ends: End[] = [];

  /** Calls back at the end, before the plugin's own `stop`; what was asked for last comes first. */
  onEnd(end: End): void {
    this.#ends.push(end);
  }

  /** Runs `work` so that what it registers belongs to this lifetime. */
  during<T>(work: () => T): T {
    return current.run(this, work);
  }

  /** Resolves when all have let go; the first failure is thrown after that. */
  async end(): Promise<void> {
    const failures: unknown[] = [];
    for (const end of this.#ends.splice(0).toReversed()) {
      try {
        await end();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}

const current = new AsyncLocalStorage<Lifetime>();

/**
 * The lifetime of the plugin that boots or starts, for registries that it registers something with: what it brought
 * goes with it. Undefined outside of any plugin's boot and start.
 */
export function pluginLifetime(): Lifetime | undefined {
  return current.getStore();
}
