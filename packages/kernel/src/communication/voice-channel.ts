import type { Channel } from "./channel.ts";

/** A call to make: first the user's own line rings, then the customer's. */
export interface CallRequest {
  /** Ours: the message that the call will be, with its recording as a media part. */
  readonly messageId: string;
  /** E.164. */
  readonly to: string;
  /** The line of the user who calls, as the provider names it. */
  readonly fromLine: string;
}

/** What became of the attempt. A throw means the outcome is unknown. */
export type CallResult =
  | { readonly outcome: "ringing"; readonly externalId: string }
  | { readonly outcome: "rejected"; readonly reason: string };

/**
 * A channel that can also make calls: telephony. How a call ended, and its recording, arrive through the channel's host
 * like any message and its statuses.
 */
export interface VoiceChannel extends Channel {
  /** A repeated key never rings twice. */
  call(request: CallRequest, options: { readonly idempotencyKey: string }): Promise<CallResult>;
}
