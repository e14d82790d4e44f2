import { z } from "zod";
import { criteriaSchema } from "../infrastructure/criteria-schema.ts";
import type { Criteria } from "../infrastructure/criteria.ts";
import type { Json } from "../infrastructure/json.ts";
import { json } from "../schema.ts";

/**
 * What a custom field holds, and how a value is written in `attributes`:
 * text, long text, phone (E.164), e-mail (lower case), URL: a string; number: a number; boolean: a boolean;
 * money: `{ amount, currency }`; date: `2026-01-31`; date-time: an RFC 3339 time in UTC with milliseconds;
 * choice: an option's value; choices: an array of them without repeats; reference: the id of an entity of `entity`;
 * computed: what its formula answers, read only.
 */
export type FieldType =
  | { readonly kind: "text"; readonly maxLength?: number; readonly pattern?: string }
  | { readonly kind: "long-text"; readonly maxLength?: number }
  | { readonly kind: "number"; readonly min?: number; readonly max?: number; readonly integer?: boolean }
  | { readonly kind: "money"; readonly currencies?: readonly string[] }
  | { readonly kind: "boolean" | "date" | "date-time" | "phone" | "email" | "url" }
  | { readonly kind: "choice" | "choices"; readonly options: readonly FieldOption[] }
  | { readonly kind: "reference"; readonly entity: string }
  /** `formula` names a computation that a plugin registered; `result` is the kind of its answer. */
  | {
      readonly kind: "computed";
      readonly formula: string;
      readonly result: "text" | "number" | "boolean" | "date-time";
    };

/** The name of a field type. */
export type FieldKind = FieldType["kind"];

/** One of the values that a field of choices offers. */
export interface FieldOption {
  /** Stored; kept when the label changes. */
  readonly value: string;
  readonly label: string;
  /** Stays valid where it is stored, and can't be chosen any more. */
  readonly archived?: boolean;
}

/** A field that an owner or a plugin adds to an entity, without a change of code or schema. */
export interface FieldDefinition {
  /** Its name in `attributes`: camelCase, unique in its entity, never reused and never changed. */
  readonly name: string;
  readonly label: string;
  readonly description: string;
  readonly type: FieldType;
  /** A value must be there: always, or in these states of the entity. */
  readonly required: boolean | { readonly inStates: readonly string[] };
  /** No two live entities of a tenant share a value. */
  readonly unique: boolean;
  /** Set when an entity is created without a value. */
  readonly default: Json;
  /** Permissions needed besides those on the entity; null: none. Who may not read a field does not see that it is there. */
  readonly permissions: { readonly read: string | null; readonly write: string | null };
  /** Where forms show it; fields of a group stand in order of `order`. */
  readonly group: string;
  readonly order: number;
  /** Shown only on entities that match; values elsewhere are kept. */
  readonly appliesTo?: Criteria;
  /** Filters and sorts on it have an index. */
  readonly indexed: boolean;
  /** It is a dimension of reports. */
  readonly reportable: boolean;
}

/** What a definition says unless it says otherwise: optional, free for all, without an index. */
export const fieldDefaults: Omit<FieldDefinition, "name" | "label" | "type"> = Object.freeze({
  description: "",
  required: false,
  unique: false,
  default: null,
  permissions: { read: null, write: null },
  group: "",
  order: 0,
  indexed: false,
  reportable: false,
});

/** A definition with where it belongs and where it comes from. */
export interface AttachedField extends FieldDefinition {
  /** The entity type, such as `lead`. */
  readonly entity: string;
  /** Rises by one with every change. */
  readonly version: number;
  /** The plugin that declares it in code, which alone can change it; null for one made by an owner. */
  readonly plugin: string | null;
  /** An archived field keeps its values, and takes and shows none. */
  readonly archived: boolean;
}

const fieldOption: z.ZodType<FieldOption> = z.strictObject({
  value: z.string().min(1).max(100),
  label: z.string().min(1).max(200),
  archived: z.boolean().exactOptional(),
});
const options = z
  .array(fieldOption)
  .min(1)
  .max(500)
  .readonly()
  .refine((list) => new Set(list.map(({ value }) => value)).size === list.length, "two options have the same value");
const length = z.number().int().min(1).max(65_536).exactOptional();

export const fieldTypeSchema: z.ZodType<FieldType> = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("text"), maxLength: length, pattern: z.string().max(500).exactOptional() }),
  z.strictObject({ kind: z.literal("long-text"), maxLength: length }),
  z.strictObject({
    kind: z.literal("number"),
    min: z.number().exactOptional(),
    max: z.number().exactOptional(),
    integer: z.boolean().exactOptional(),
  }),
  z.strictObject({
    kind: z.literal("money"),
    currencies: z
      .array(z.string().regex(/^[A-Z]{3}$/))
      .max(50)
      .readonly()
      .exactOptional(),
  }),
  z.strictObject({ kind: z.enum(["boolean", "date", "date-time", "phone", "email", "url"]) }),
  z.strictObject({ kind: z.enum(["choice", "choices"]), options }),
  z.strictObject({ kind: z.literal("reference"), entity: z.string().min(1).max(100) }),
  z.strictObject({
    kind: z.literal("computed"),
    formula: z.string().min(1).max(200),
    result: z.enum(["text", "number", "boolean", "date-time"]),
  }),
]);

const definitionFields = {
  name: z.string().regex(/^[a-z][A-Za-z0-9]{0,59}$/, "a field's name is camelCase, up to 60 characters"),
  label: z.string().min(1).max(200),
  description: z.string().max(2_000),
  type: fieldTypeSchema,
  required: z.union([z.boolean(), z.strictObject({ inStates: z.array(z.string()).min(1).max(50).readonly() })]),
  unique: z.boolean(),
  default: json,
  permissions: z.strictObject({ read: z.string().max(200).nullable(), write: z.string().max(200).nullable() }),
  group: z.string().max(100),
  order: z.number().int(),
  appliesTo: criteriaSchema.exactOptional(),
  indexed: z.boolean(),
  reportable: z.boolean(),
};

export const fieldDefinitionSchema: z.ZodType<FieldDefinition> = z.strictObject(definitionFields);

export const attachedFieldSchema: z.ZodType<AttachedField> = z.object({
  ...definitionFields,
  entity: z.string().min(1).max(100),
  version: z.number().int().positive(),
  plugin: z.string().nullable(),
  archived: z.boolean(),
});
