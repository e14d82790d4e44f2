import { type FieldDefinition, fieldDefinitionSchema } from "@crmessenger/kernel/extensibility";
import { defineCollection } from "@crmessenger/kernel/infrastructure";
import { z } from "zod";

/** A definition as it is stored; its version is that of the document. */
export interface StoredField {
  readonly entity: string;
  readonly definition: FieldDefinition;
  readonly archived: boolean;
}

export const fieldCollection = defineCollection<StoredField>("custom-fields.definitions", {
  schema: z.object({ entity: z.string(), definition: fieldDefinitionSchema, archived: z.boolean() }),
  indexes: ["entity"],
});

export function keyOf(entity: string, name: string): string {
  return `${entity}.${name}`;
}
