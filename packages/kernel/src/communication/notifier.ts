import { contract } from "../contract.ts";
import type { EntityRef } from "../infrastructure/entity-ref.ts";
import type { MessagePart } from "./message-part.ts";

/** Who is told: a contact through the channel last used with them, a user through what the user set up. */
export interface NotificationRecipient {
  readonly kind: "contact" | "user";
  readonly id: string;
}

/** Something to tell somebody. */
export interface Notification {
  readonly recipient: NotificationRecipient;
  /** In the recipient's language already. */
  readonly text: string;
  /** Sent instead where the channel's reply window is closed; without one such a notification is held back. */
  readonly template?: Extract<MessagePart, { readonly type: "template" }>;
  /** What it is about, for the reader's link and for the timeline. */
  readonly about?: EntityRef;
}

/** What became of it. `queued` names the message to follow; delivery is reported by its events. */
export type NotificationResult =
  | { readonly outcome: "queued"; readonly messageId: string }
  | { readonly outcome: "held"; readonly reason: string };

/**
 * Tells people something, without the caller knowing how they are reached. No suite verifies it yet.
 *
 * In the current unit of work where there is one: the notification goes out if and only if it commits. It takes the
 * way of every outbound message, guards included.
 */
export interface Notifier {
  /**
   * A repeated key is the same notification and has no second effect. `CRM_NOTIFY_RECIPIENT` (404) for an unknown
   * recipient; one that can't be reached is answered as held, with the reason.
   */
  notify(notification: Notification, options: { readonly idempotencyKey: string }): Promise<NotificationResult>;
}

export const Notifier = contract<Notifier>("communication.notifier", 1);
