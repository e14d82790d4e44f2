import type { EventCatalogue } from "../bus/event-catalogue.ts";
import type { Contract } from "../contract.ts";
import type { HookRegistry } from "../hooks/hook-registry.ts";
import type { Clock } from "../infrastructure/clock.ts";
import type { Ids } from "../infrastructure/ids.ts";
import type { Logger } from "../infrastructure/logger.ts";
import type { Providers } from "./order-plugins.ts";

/** What plugins are wired from. */
export interface BootScope {
  readonly services: Map<Contract<unknown>, unknown>;
  readonly providers: Providers;
  readonly hooks: HookRegistry;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly events: EventCatalogue;
  readonly logger: () => Logger;
  readonly environment: Readonly<Record<string, string | undefined>>;
}
