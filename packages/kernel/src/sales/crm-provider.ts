import { contract, registryReach } from "../contract.ts";
import type { JsonObject, Timestamp } from "../infrastructure/json.ts";
import type { Named, Registry } from "../infrastructure/registry.ts";

/** What both sides know. */
export type CrmEntityKind = "contact" | "company" | "lead" | "deal";

/** What a foreign CRM can hold and tell, with its limits. What is not named it can't. */
export interface CrmCapabilities {
  readonly entities: readonly CrmEntityKind[];
  /** Whether conversations can be shown there, and answered from there. */
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

/** One of our records on its way there. */
export interface CrmRecord {
  readonly kind: CrmEntityKind;
  /** Ours: kept in the foreign record, so that an unknown outcome can be looked up. */
  readonly id: string;
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
  readonly kind: CrmEntityKind | "message";
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
 * Limits of the provider are its own business: it takes from RateBudget and answers `deferred` rather than wait.
 * Errors: `CRM_HTTP_*` of the client and, for logins, `needs-login` as a state instead of an error.
 */
export interface CrmProvider extends Named {
  readonly capabilities: CrmCapabilities;
  state(): Promise<CrmProviderState>;
  /**
   * Creates or updates, one result for each record in order. Repeating a call never makes a second record: what has no
   * `externalId` is looked up by our id first.
   */
  save(records: readonly CrmRecord[]): Promise<readonly CrmSaveResult[]>;
  /** Shows messages of one conversation in order; a repeated id is shown once. Only with `capabilities.messages`. */
  post(messages: readonly CrmMessage[]): Promise<readonly CrmSaveResult[]>;
  /** The record now, or undefined when there is none. */
  read(kind: CrmEntityKind, externalId: string): Promise<CrmSnapshot | undefined>;
  /**
   * What changed there after the mark, and the mark to go on from; null begins at present. Our own writes may be among
   * them. At least once: nothing changed after a mark is left out, however long we were away.
   */
  changes(
    after: string | null,
    signal: AbortSignal,
  ): Promise<{ readonly items: readonly CrmChange[]; readonly next: string }>;
}

/** The foreign CRMs of the application. */
export interface CrmProviders extends Registry<CrmProvider> {}

export const CrmProviders = contract<CrmProviders>("sales.crm-providers", 1, registryReach);
