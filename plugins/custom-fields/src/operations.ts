import { defineCommand, defineQuery } from "@crmessenger/kernel";
import {
  attachedFieldSchema,
  fieldDefaults,
  fieldDefinitionSchema,
  fieldTypeSchema,
} from "@crmessenger/kernel/extensibility";
import type { Json, JsonObject } from "@crmessenger/kernel/infrastructure";
import { z } from "zod";
import { formSchema } from "./forms/form-description.ts";

const MANAGE = "custom-fields.definition.manage";
const READ = "custom-fields.definition.read";

const entity = z.string().min(1).max(100);
const name = z.string().min(1).max(60);
const json = z.json() as z.ZodType<Json>;
const jsonObject = z.record(z.string(), z.json()) as z.ZodType<JsonObject>;
const list = z.object({ items: z.array(attachedFieldSchema).readonly() });

/** What a definition begins with, so that a name, a label and a type are enough. */
const newDefinition = z.preprocess(
  (given) => ({ ...fieldDefaults, ...(typeof given === "object" ? given : {}) }),
  fieldDefinitionSchema,
);

export const ListFieldEntities = defineQuery({
  name: "custom-fields.entity.list",
  description: "The kinds of entities that can have custom fields, with their states.",
  input: z.object({}),
  output: z.object({
    items: z.array(
      z.object({
        name: entity,
        label: z.string(),
        state: z.object({ field: z.string(), values: z.array(z.string()).readonly().nullable() }).nullable(),
      }),
    ),
  }),
  permission: READ,
  http: { method: "GET", path: "/custom-fields" },
});

export const ListFields = defineQuery({
  name: "custom-fields.definition.list",
  description: "The custom fields of an entity in the order of forms, archived ones and those of plugins included.",
  input: z.object({ entity }),
  output: list,
  permission: READ,
  http: { method: "GET", path: "/custom-fields/:entity" },
});

export const AttachField = defineCommand({
  name: "custom-fields.definition.attach",
  description: "Adds a custom field to an entity. A name, a label and a type are enough; the rest has defaults.",
  input: z.object({ entity, definition: newDefinition }),
  output: attachedFieldSchema,
  permission: MANAGE,
  http: { method: "POST", path: "/custom-fields/:entity", status: 201 },
});

export const UpdateField = defineCommand({
  name: "custom-fields.definition.update",
  description: "Replaces the definition of a field that nobody changed since `version`; its name and kind stay.",
  input: z.object({ entity, version: z.number().int().positive(), definition: fieldDefinitionSchema }),
  output: attachedFieldSchema,
  permission: MANAGE,
  http: { method: "PUT", path: "/custom-fields/:entity" },
});

export const ChangeFieldType = defineCommand({
  name: "custom-fields.definition.change-type",
  description:
    "Changes a field's type and converts its values. With `dryRun`, which is the default, it only counts; values without a meaning in the new type stop it unless `dropRejected` removes them.",
  input: z.object({
    entity,
    name,
    type: fieldTypeSchema,
    dryRun: z.boolean().default(true),
    dropRejected: z.boolean().default(false),
  }),
  output: z.object({
    field: attachedFieldSchema,
    converted: z.number().int(),
    rejected: z.array(z.object({ id: z.string(), value: json })).readonly(),
  }),
  permission: MANAGE,
  http: { method: "POST", path: "/custom-fields/:entity/:name/type" },
});

const archiving = z.object({ entity, name });

export const ArchiveField = defineCommand({
  name: "custom-fields.definition.archive",
  description: "Puts a field away: its values are kept, and neither taken nor shown.",
  input: archiving,
  output: attachedFieldSchema,
  permission: MANAGE,
  http: { method: "POST", path: "/custom-fields/:entity/:name/archive" },
});

export const RestoreField = defineCommand({
  name: "custom-fields.definition.restore",
  description: "Brings an archived field back, with its values.",
  input: archiving,
  output: attachedFieldSchema,
  permission: MANAGE,
  http: { method: "POST", path: "/custom-fields/:entity/:name/restore" },
});

export const GetFieldSchema = defineQuery({
  name: "custom-fields.schema.get",
  description: "JSON Schema (2020-12) of an entity's `attributes` as the caller may write them.",
  input: z.object({ entity }),
  output: jsonObject,
  permission: null,
  http: { method: "GET", path: "/custom-field-schemas/:entity" },
});

export const GetForm = defineQuery({
  name: "custom-fields.form.get",
  description: "The fields of an entity that the caller may see, by group, as a form shows them.",
  input: z.object({ entity }),
  output: formSchema,
  permission: null,
  http: { method: "GET", path: "/custom-field-forms/:entity" },
});

export const ListFieldIndexes = defineQuery({
  name: "custom-fields.index.list",
  description: "The indexes of an entity's custom fields, and how far those that are being built are.",
  input: z.object({ entity }),
  output: z.object({
    items: z.array(
      z.object({
        entity,
        field: name,
        kind: z.enum(["text", "number", "boolean", "timestamp", "date", "list"]),
        unique: z.boolean(),
        status: z.enum(["building", "ready", "failed"]),
        progress: z.number(),
        failure: z.string().nullable(),
      }),
    ),
  }),
  permission: READ,
  http: { method: "GET", path: "/custom-field-indexes/:entity" },
});
