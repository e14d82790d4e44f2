/** What goes wrong, and how often. Rates are probabilities from 0 to 1; whatever is left out stays off. */
export interface FaultSettings {
  /** Cuts one linked device's connection every so many milliseconds. */
  readonly disconnectEveryMs?: number;
  /** Refuses a login with stream error 503, as an overloaded server does. */
  readonly refuseLoginRate?: number;
  /**
   * Sends things twice: a customer's message either as the very same stanza or encrypted again under its id (what a
   * phone does that missed the server's ack), and receipts.
   */
  readonly duplicateRate?: number;
  /** Hands out the receipts that are under way at the same time in any order: read before delivered, later before earlier. */
  readonly reorderReceipts?: boolean;
  /** Holds each receipt back by anything up to this. */
  readonly lateReceiptMs?: number;
  /** Refuses an outgoing message: it is not delivered, and the ack carries `nackCode`. */
  readonly nackRate?: number;
  /** 463 is what an account restricted from starting chats gets; 500, the default, is a passing failure. */
  readonly nackCode?: number;
  /** Delivers an outgoing message and keeps the ack to itself. */
  readonly lostAckRate?: number;
}
