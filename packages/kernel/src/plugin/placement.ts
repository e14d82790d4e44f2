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
}

/** Where a plugin runs, chosen by the application. Without one it runs in the process of the kernel. */
export interface Placement {
  /** Shown by `inspect`, such as `worker`. */
  readonly name: string;
  /**
   * Answers with the definition that the kernel boots in the plugin's stead: the same id, dependencies and contracts,
   * with the calls carried to where the plugin is. Called once for each boot, with options that are already parsed.
   */
  prepare(plugin: Plugin, options: unknown, services: PlacementServices): Promise<AnyPluginDefinition>;
}
