import { contract } from "../contract.ts";
import type { Json } from "./json.ts";

export interface IdempotencyClaim {
  readonly tenantId: string;
  /** The actor's kind and id: two users may pick the same key. */
  readonly actor: string;
  readonly operation: string;
  readonly key: string;
  /** Of the canonical input: the same key with another input is a mistake, not a retry. */
  readonly inputHash: string;
}

/**
 * Remembers the answers of commands for 7 days, in their unit of work, so that a retry gets the same answer and
 * changes nothing. A concurrent retry waits for the first call's end. Verified by `describeIdempotency` in
 * `@crmessenger/testing`.
 */
export interface Idempotency {
  /** The earlier answer, or undefined when the claim is ours; `CRM_IDEMPOTENCY_MISMATCH` (422) for another input. */
  claim(claim: IdempotencyClaim): Promise<{ readonly output: Json } | undefined>;
  /** Stores the answer of a claim made in this unit of work. */
  complete(claim: IdempotencyClaim, output: Json): Promise<void>;
}

export const Idempotency = contract<Idempotency>("infrastructure.idempotency", 1);
