import type { TransformHook } from "@crmessenger/kernel";
import type { Timeline } from "@crmessenger/kernel/communication";
import type { Auditor, Clock, EventDispatcher, Ids, NewRecord } from "@crmessenger/kernel/infrastructure";
import type {
  ChannelIdentityRepository,
  Contact,
  ContactRepository,
  Deal,
  DealRepository,
  EntityChange,
  Lead,
  LeadRepository,
  LeadStates,
  PipelineRepository,
} from "@crmessenger/kernel/sales";
import type { PhoneRegion } from "./identity/normalise-phone.ts";

/** What the use cases of this plugin work with. */
export interface SalesServices {
  readonly auditor: Auditor;
  readonly clock: Clock;
  readonly contacts: ContactRepository;
  readonly deals: DealRepository;
  readonly events: EventDispatcher;
  readonly identities: ChannelIdentityRepository;
  readonly ids: Ids;
  readonly leads: LeadRepository;
  readonly pipelines: PipelineRepository;
  readonly states: LeadStates;
  readonly timeline: Timeline;
  readonly hooks: {
    readonly contactDraft: TransformHook<NewRecord<Contact>>;
    readonly dealDraft: TransformHook<NewRecord<Deal>>;
    readonly dealChange: TransformHook<EntityChange<Deal>>;
    readonly leadDraft: TransformHook<NewRecord<Lead>>;
    readonly leadChange: TransformHook<EntityChange<Lead>>;
    readonly contactChange: TransformHook<EntityChange<Contact>>;
  };
  /** Whose phone numbers may be written without their country code. */
  readonly phoneRegion: PhoneRegion | undefined;
}

/** Now, as records hold it. */
export function timestampOf(clock: Clock): string {
  return new Date(clock.now()).toISOString();
}
