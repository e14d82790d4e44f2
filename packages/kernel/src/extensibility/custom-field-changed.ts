import { z } from "zod";
import { defineEvent } from "../bus/event-definition.ts";
import { attachedFieldSchema } from "./field-definition.ts";

/** A custom field was attached, changed, converted, archived or restored. Aggregate: `custom-field`, id `<entity>.<name>`. */
export const CustomFieldChanged = defineEvent("custom-field.changed", {
  1: z.object({
    field: attachedFieldSchema,
    change: z.enum(["attached", "updated", "type-changed", "archived", "restored"]),
  }),
});
