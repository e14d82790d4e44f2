import type { Authenticator, PermissionManager } from "@crmessenger/kernel/iam";
import type {
  Clock,
  EventCatalogue,
  EventLog,
  Ids,
  KernelView,
  Logger,
  MessageBus,
  Storage,
  StoredEvent,
} from "@crmessenger/kernel/infrastructure";

export interface ApiLimits {
  /** Bytes of a JSON body. */
  readonly maxJsonBytes: number;
  /** Bytes of an uploaded file. */
  readonly maxUploadBytes: number;
  /** Event streams open at the same time. */
  readonly maxEventStreams: number;
}

/** What the API works with. */
export interface ApiServices {
  /** An event as the caller of the execution context may see it. */
  readonly shown: (event: StoredEvent) => Promise<StoredEvent>;
  readonly bus: MessageBus;
  readonly view: KernelView;
  readonly events: EventLog;
  readonly catalogue: EventCatalogue;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly authenticator: Authenticator | undefined;
  readonly permissions: PermissionManager | undefined;
  readonly storage: Storage | undefined;
  readonly limits: ApiLimits;
}
