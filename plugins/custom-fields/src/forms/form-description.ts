import { type AttachedField, attachedFieldSchema } from "@crmessenger/kernel/extensibility";
import { z } from "zod";

/** A field as a form shows it to the actor. */
export const formFieldSchema = z.object({ field: attachedFieldSchema, readOnly: z.boolean() });

/** What a UI needs for a form: groups in order, each with its fields in order. */
export const formSchema = z.object({
  entity: z.string(),
  label: z.string(),
  /** The property that `required` by state looks at; null for entities without states. */
  stateField: z.string().nullable(),
  groups: z.array(z.object({ name: z.string(), fields: z.array(formFieldSchema).readonly() })).readonly(),
});

export type FormDescription = z.output<typeof formSchema>;

export function groupsOf(fields: readonly AttachedField[], writable: ReadonlySet<string>): FormDescription["groups"] {
  const groups = Map.groupBy(fields, ({ group }) => group);
  return [...groups].map(([name, members]) => ({
    name,
    fields: members.map((field) => ({ field, readOnly: !writable.has(field.name) })),
  }));
}
