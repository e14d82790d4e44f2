import { type TransformHook, isCrmError } from "@crmessenger/kernel";

/**
 * The draft after every plugin had its say. A plugin that refuses it for a reason that the caller can mend (a status below
 * 500) answers for itself, with its own code and details.
 */
export async function askPlugins<T>(hook: TransformHook<T>, draft: T): Promise<T> {
  try {
    return await hook.apply(draft);
  } catch (error) {
    const cause = isCrmError(error, "CRM_HOOK_FAILED") ? error.cause : undefined;
    throw isCrmError(cause) && cause.status < 500 ? cause : error;
  }
}
