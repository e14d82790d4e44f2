import { isDeepStrictEqual } from "node:util";
import { CrmError, type TransformHook } from "@crmessenger/kernel";

/**
 * The draft after every plugin had its say. A plugin that changes what makes the entity that entity, or that has a
 * rule of its own (`fixed`), aborts the operation with `CRM_SALES_DRAFT_PROTECTED`.
 */
export async function applyDraft<T extends object>(
  hook: TransformHook<T>,
  draft: T,
  fixed: readonly (keyof T & string)[],
): Promise<T> {
  const result = await hook.apply(draft);
  if (result === draft) return draft;
  const touched = fixed.find((field) => !isDeepStrictEqual(result[field], draft[field]));
  if (touched === undefined) return result;
  throw protectedField(hook.name, touched, fixed);
}

export function protectedField(point: string, field: string, fixed: readonly string[]): CrmError {
  return new CrmError(
    "CRM_SALES_DRAFT_PROTECTED",
    `A plugin changed "${field}" in ${point}, which is not its to change. Fields it may not touch: ${fixed.join(", ")}.`,
    { details: { point, field } },
  );
}
