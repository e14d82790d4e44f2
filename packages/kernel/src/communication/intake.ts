import { contract } from "../contract.ts";
import type { InboundMessage, InboundReceipt } from "./inbound-message.ts";

/**
 * The durable door for inbound messages, implemented by the storage because it is the hot path. One message is one
 * atomic effect: contact and identities, an open lead, the conversation, the message, a timeline activity, an audit
 * row, and the events, found or created; duplicates by (channel account, external id) have none.
 *
 * Concurrent arrivals may commit together. A member that is refused or fails leaves its group; the rest go on. Order
 * within a conversation is the order of the calls. Drafts of new leads and contacts pass the hooks
 * `SalesHooks.leadDraft` and `SalesHooks.contactDraft`. Verified by `describeIntake` in `@crmessenger/testing`.
 */
export interface Intake {
  /** Resolves once committed. */
  accept(message: InboundMessage): Promise<InboundReceipt>;
}

export const Intake = contract<Intake>("communication.intake", 1);
