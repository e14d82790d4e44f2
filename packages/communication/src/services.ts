import type {
  ChannelAccountRepository,
  ConversationRepository,
  Intake,
  MessageRepository,
  Timeline,
} from "@crmessenger/kernel/communication";
import type { UserRepository } from "@crmessenger/kernel/iam";
import type {
  Auditor,
  Clock,
  Collections,
  EventDispatcher,
  Ids,
  Jobs,
  Leases,
  Logger,
  MessageBus,
  UnitOfWork,
} from "@crmessenger/kernel/infrastructure";
import type { ContactRepository } from "@crmessenger/kernel/sales";
import type { ChannelProviders } from "./channels/create-channel-registry.ts";

/** What the parts of this plugin work with. */
export interface CommunicationServices {
  readonly accounts: ChannelAccountRepository;
  readonly auditor: Auditor;
  readonly bus: MessageBus;
  readonly clock: Clock;
  readonly collections: Collections;
  readonly contacts: ContactRepository;
  readonly conversations: ConversationRepository;
  readonly events: EventDispatcher;
  readonly ids: Ids;
  readonly intake: Intake;
  readonly jobs: Jobs;
  readonly leases: Leases;
  readonly logger: Logger;
  readonly messages: MessageRepository;
  readonly providers: ChannelProviders;
  readonly timeline: Timeline;
  readonly unitOfWork: UnitOfWork;
  readonly users?: UserRepository;
}

/** So many milliseconds from now, as records hold it. */
export function timestampOf(clock: Clock, milliseconds = 0): string {
  return new Date(clock.now() + milliseconds).toISOString();
}
