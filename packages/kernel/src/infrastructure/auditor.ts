import { contract } from "../contract.ts";
import type { Actor } from "../context/actor.ts";
import type { Json, Timestamp } from "./json.ts";

/** What changed in one field. */
export interface FieldChange {
  readonly from: Json;
  readonly to: Json;
}

export interface AuditEntry {
  /** The command or action, such as `sales.lead.assign`. */
  readonly action: string;
  readonly target: { readonly type: string; readonly id: string };
  readonly changes?: Readonly<Record<string, FieldChange>>;
}

export interface AuditRecord extends AuditEntry {
  readonly id: string;
  readonly tenantId: string;
  readonly actor: Actor;
  readonly correlationId: string;
  readonly at: Timestamp;
}

/**
 * Who did what, when, and which fields changed. Entries are part of the unit of work: no change without its
 * entry, no entry without its change. Verified by `describeAuditor` in `@crmessenger/testing`.
 */
export interface Auditor {
  /** Adds entries to the current unit of work; outside one it is `CRM_UOW_REQUIRED`. */
  track(entries: readonly AuditEntry[]): Promise<void>;
  /** The entries of one entity, newest first. */
  history(target: AuditEntry["target"], limit?: number): Promise<readonly AuditRecord[]>;
}

export const Auditor = contract<Auditor>("infrastructure.auditor", 1);
