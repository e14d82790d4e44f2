import { contract, registryReach } from "../contract.ts";
import type { JsonObject, Timestamp } from "../infrastructure/json.ts";
import type { Named, Registry } from "../infrastructure/registry.ts";

/** What both sides know. */
export type CrmEntityKind = "contact" | "company" | "lead" | "deal";

/** What a foreign CRM can hold and tell, with its limits. What is not named it can't. */
export interface CrmCapabilities {
  readonly entities: readonly CrmEntityKind[];
  /**
   * Whether conversations can be shown there. What is written there reaches us as any message does: by the provider's own
   * hooks and commands.
   */
  readonly messages: boolean;
  /** Records in one call of `save`. */
  readonly maxBatch: number;
}

/** The condition of the connection, with the reason a person can act on. */
export interface CrmProviderState {
  readonly status: "connected" | "degraded" | "needs-login" | "blocked";
  /** A sentence; empty when there is nothing to say. */
  readonly reason: string;
}

/** One of our records, by our id. */
export interface CrmReference {
  readonly kind: CrmEntityKind;
  readonly id: string;
}

/** One of our records on its way there. */
export interface CrmRecord extends CrmReference {
  /** Kept in the foreign record, so that an unknown outcome can be looked up. */
  readonly id: string;
  /** What a new record belongs to, as a lead to its contact: saved before, or in the same call. Null: nothing. */
  readonly belongsTo: CrmReference | null;
  /** The provider's, once it is known. */
  readonly externalId: string | null;
  /** Field values by the provider's own names, as a MappingDefinition made them. */
  readonly fields: JsonObject;
}

/** One of our messages on its way there. */
export interface CrmMessage {
  /** Ours, and the id it has there: an echo is known by it. */
  readonly id: string;
  readonly conversationId: string;
  /** Our contact that the conversation is with, saved before: a CRM would invent another one for a chat of nobody. */
  readonly contactId: string;
  readonly direction: "inbound" | "outbound";
  readonly author: { readonly id: string; readonly name: string };
  readonly text: string;
  /** Where media can be fetched, for as long as the provider needs. */
  readonly mediaUrls: readonly string[];
  readonly sentAt: Timestamp;
}

/** What became of a record or message. A throw means the outcome is unknown: the same call is made again. */
export type CrmSaveResult =
  | { readonly outcome: "accepted"; readonly externalId: string }
  | { readonly outcome: "deferred"; readonly retryAfterMs: number; readonly reason: string }
  | { readonly outcome: "rejected"; readonly reason: string };

/** Says where to look, not what is there: providers repeat, drop and reorder their notices. */
export interface CrmChange {
  readonly kind: CrmEntityKind;
  readonly externalId: string;
  readonly at: Timestamp;
}

/** A foreign record as it is now. */
export interface CrmSnapshot {
  readonly kind: CrmEntityKind;
  readonly externalId: string;
  /** Our id, where the record carries it. */
  readonly id: string | null;
  readonly fields: JsonObject;
  readonly changedAt: Timestamp;
  readonly deleted: boolean;
}

/**
 * A CRM of somebody else (amoCRM, Bitrix24, HubSpot) behind one contract: what keeps the two in step is ours and the
 * same for all of them. Verified by `describeCrmProvider` in `@crmessenger/testing`.
 *
 * Limits of the provider are its own business: it takes from RateBudget and answers `deferred` rather than wait for more
 * than a moment.
 * Errors: `CRM_HTTP_*` of the client and, for logins, `needs-login` as a state instead of an error.
 */
export interface CrmProvider extends Named {
  readonly capabilities: CrmCapabilities;
  state(): Promise<CrmProviderState>;
  /**
   * Creates or updates, one result for each record in order. Repeating a call never makes a second record: what has no
   * `externalId` is looked up by our id first. `rejected`: a kind that it can't hold, values that it refuses, or
   * something unknown that a new record belongs to; the other records of the call are saved or deferred.
   */
  save(records: readonly CrmRecord[]): Promise<readonly CrmSaveResult[]>;
  /**
   * Shows messages of one conversation in order; a repeated id is shown once. `rejected` when the contact was not saved.
   * Only with `capabilities.messages`.
   */
  post(messages: readonly CrmMessage[]): Promise<readonly CrmSaveResult[]>;
  /** The record now, or undefined when there is none. */
  read(kind: CrmEntityKind, externalId: string): Promise<CrmSnapshot | undefined>;
  /**
   * What changed there after the mark, and the mark to go on from; null begins at present. Our own writes may be among
   * them. At least once: nothing changed after a mark is left out, however long we were away; what changed a few seconds
   * before it may come again, since providers write times in whole seconds.
   */
  changes(
    after: string | null,
    signal: AbortSignal,
  ): Promise<{ readonly items: readonly CrmChange[]; readonly next: string }>;
}

/** The foreign CRMs of the application. */
export interface CrmProviders extends Registry<CrmProvider> {}

export const CrmProviders = contract<CrmProviders>("sales.crm-providers", 1, registryReach);
