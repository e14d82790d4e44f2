import type { DeclaredFields } from "@crmessenger/kernel/extensibility";
import type { Jobs } from "@crmessenger/kernel/infrastructure";
import { indexField } from "./index-field.ts";

/** Asks for the indexes of the fields that plugins declare, in the current tenant. */
export async function indexDeclared(jobs: Jobs, declared: DeclaredFields): Promise<void> {
  for (const field of declared.all()) if (field.indexed || field.unique) await indexField(jobs, field);
}
