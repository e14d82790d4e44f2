import { contract } from "../contract.ts";
import type { Json } from "../infrastructure/json.ts";
import type { FieldDefinition, FieldType } from "./field-definition.ts";

/** A custom field as a plugin declares it in code, under its name: what is left out has its default. */
export interface FieldDeclaration extends Partial<Omit<FieldDefinition, "name" | "type">> {
  readonly type: FieldType;
}

/** The fields that a plugin declares: entity type → name → field. */
export type FieldDeclarations = Readonly<Record<string, Readonly<Record<string, FieldDeclaration>>>>;

/** A declared field, complete. */
export interface DeclaredField extends FieldDefinition {
  readonly entity: string;
  readonly plugin: string;
}

/** The custom fields that the plugins of the application declare in code, for whoever keeps fields. */
export interface DeclaredFields {
  all(): readonly DeclaredField[];
}

export const DeclaredFields = contract<DeclaredFields>("extensibility.declared-fields", 1, { all: "wait" });

/** What a value of the type looks like in `attributes`. */
export type FieldValueOf<T extends FieldType> = T extends { readonly kind: "number" }
  ? number
  : T extends { readonly kind: "boolean" }
    ? boolean
    : T extends { readonly kind: "money" }
      ? { readonly amount: string; readonly currency: string }
      : T extends { readonly kind: "choice"; readonly options: readonly (infer O)[] }
        ? O extends { readonly value: infer V }
          ? V
          : string
        : T extends { readonly kind: "choices"; readonly options: readonly (infer O)[] }
          ? readonly (O extends { readonly value: infer V } ? V : string)[]
          : T extends { readonly kind: "computed"; readonly result: infer R }
            ? R extends "number"
              ? number
              : R extends "boolean"
                ? boolean
                : string
            : T extends { readonly kind: "computed" }
              ? Json
              : string;
