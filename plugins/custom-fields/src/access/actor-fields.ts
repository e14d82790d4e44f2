import type { AttachedField } from "@crmessenger/kernel/extensibility";
import { type FieldServices, holderOf } from "../services.ts";

/** The live fields of an entity that the actor may read, in the order of forms. */
export async function readableFields(services: FieldServices, entity: string): Promise<readonly AttachedField[]> {
  holderOf(services, entity);
  const fields = await services.catalogue.of(entity);
  const hidden = await services.access.unreadable(fields);
  return fields.live.filter(({ name }) => !hidden.has(name));
}

/** The names of those that the actor may write. */
export async function writableNames(
  { access }: Pick<FieldServices, "access">,
  fields: readonly AttachedField[],
): Promise<ReadonlySet<string>> {
  const refused = new Set((await access.unwritable(fields)).map(({ name }) => name));
  return new Set(fields.flatMap(({ name, type }) => (type.kind === "computed" || refused.has(name) ? [] : [name])));
}
