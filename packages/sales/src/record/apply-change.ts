import { isDeepStrictEqual } from "node:util";
import type { TransformHook } from "@crmessenger/kernel";
import type { EntityRecord } from "@crmessenger/kernel/infrastructure";
import type { EntityChange } from "@crmessenger/kernel/sales";
import { protectedField } from "./apply-draft.ts";

/** What the storage keeps of every record. */
const ENVELOPE = ["id", "tenantId", "version", "createdAt", "updatedAt", "deletedAt"] as const;

/**
 * The entity after every plugin had its say on a change. One that touches what makes the entity that entity, or what has
 * a rule of its own (`fixed`), aborts the operation with `CRM_SALES_DRAFT_PROTECTED`.
 */
export async function applyChange<R extends EntityRecord>(
  hook: TransformHook<EntityChange<R>>,
  change: EntityChange<R>,
  fixed: readonly (keyof R & string)[],
): Promise<R> {
  const { next } = await hook.apply(change);
  if (next === change.next) return next;
  const untouchable = [...ENVELOPE, ...fixed];
  const touched = untouchable.find((field) => !isDeepStrictEqual(next[field], change.next[field]));
  if (touched === undefined) return next;
  throw protectedField(hook.name, touched, untouchable);
}
