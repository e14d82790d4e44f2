import type { Contract } from "../contract.ts";
import type { Clock } from "../infrastructure/clock.ts";
import type { Ids } from "../infrastructure/ids.ts";
import type { Logger } from "../infrastructure/logger.ts";
import type { AnyPluginDefinition, Plugin } from "./plugin.ts";

/** What a placement may use while nothing has booted yet. */
export interface PlacementServices {
  readonly clock: Clock;
  readonly ids: Ids;
  /** Lines carry the plugin's id. */
  readonly logger: Logger;
  /** The environment variables that the plugin declares in `config`, and no others. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Whether this application provides the contract: for optional dependencies. */
  readonly provides: (reference: Contract<unknown>) => boolean;
}

/** Where a plugin runs, chosen by the application. Without one it runs in the process of the kernel. */
export interface Placement {
  /** Shown by `inspect`, such as `worker`. */
  readonly name: string;
  /** Called before each boot of the plugin, with options that are already parsed. */
  prepare(plugin: Plugin, options: unknown, services: PlacementServices): Promise<PlacedPlugin>;
}

/** A plugin that is somewhere else. */
export interface PlacedPlugin {
  /** What the kernel boots in its stead: the same id, dependencies and contracts, with the calls carried over. */
  readonly definition: AnyPluginDefinition;
  /** Ends what `prepare` began. Called once: after the plugin's `stop`, or when the boot came to nothing. */
  release(): Promise<void>;
}
