import {
  type AttachedField,
  type AttributeHolderKind,
  type FieldDefinition,
  type FieldType,
  fieldDefinitionSchema,
} from "@crmessenger/kernel/extensibility";
import type { Criteria } from "@crmessenger/kernel/infrastructure";
import { checkValue } from "../values/check-value.ts";
import { attributeKindOf } from "./attribute-kind.ts";
import { problemOfPattern } from "./check-pattern.ts";
import type { Issue } from "./field-errors.ts";

export interface DefinitionContext {
  readonly holder: AttributeHolderKind;
  /** Entity types that a reference may point to. */
  readonly entities: readonly string[];
  /** Known formulas. */
  readonly formulas: readonly string[];
}

/** Everything that is wrong with a definition. */
export function definitionIssues(definition: FieldDefinition, context: DefinitionContext): readonly Issue[] {
  const parsed = fieldDefinitionSchema.safeParse(definition);
  if (!parsed.success)
    return parsed.error.issues.map(({ path, message }) => ({ path: path.map(String).join("."), message }));
  const { type, unique, required } = definition;
  const issues: Issue[] = [...typeIssues(type, context), ...stateIssues(required, context.holder)];
  const add = (path: string, message: string) => void issues.push({ path, message });
  const kind = attributeKindOf(type);
  if (unique && (kind === "list" || kind === "boolean" || type.kind === "money" || type.kind === "computed"))
    add("unique", `values of ${type.kind} can't be told to be unique`);
  if (unique && definition.default !== null) add("default", "two entities would begin with the same unique value");
  if (type.kind === "computed" && (required !== false || definition.default !== null))
    add("type", "a computed field has no default and is not required");
  else if (definition.default !== null) {
    const checked = checkValue(type, definition.default);
    if ("problem" in checked) add("default", checked.problem);
  }
  if (definition.appliesTo && fieldsIn(definition.appliesTo).includes(`attributes.${definition.name}`))
    add("appliesTo", "a field can't depend on itself");
  return issues;
}

function typeIssues(type: FieldType, { entities, formulas }: DefinitionContext): readonly Issue[] {
  switch (type.kind) {
    case "text": {
      const problem = type.pattern === undefined ? undefined : problemOfPattern(type.pattern);
      return problem === undefined ? [] : [{ path: "type.pattern", message: problem }];
    }
    case "number":
      return type.min !== undefined && type.max !== undefined && type.min > type.max
        ? [{ path: "type.min", message: "is above the maximum" }]
        : [];
    case "reference":
      return entities.includes(type.entity)
        ? []
        : [{ path: "type.entity", message: `is none of ${entities.join(", ")}` }];
    case "computed":
      return formulas.includes(type.formula)
        ? []
        : [
            {
              path: "type.formula",
              message: `is none of ${formulas.join(", ") || "the formulas, of which there are none"}`,
            },
          ];
    default:
      return [];
  }
}

function stateIssues(required: FieldDefinition["required"], { state }: AttributeHolderKind): readonly Issue[] {
  if (typeof required === "boolean") return [];
  const path = "required.inStates";
  if (!state) return [{ path, message: "this entity has no states" }];
  const strangers = state.values === null ? [] : required.inStates.filter((name) => !state.values?.includes(name));
  return strangers.map((name) => ({ path, message: `"${name}" is none of ${state.values?.join(", ") ?? ""}` }));
}

/** What can't become of a field once there may be values of it. */
export function updateIssues(before: AttachedField, after: FieldDefinition): readonly Issue[] {
  const [old, now] = [before.type, after.type];
  if (old.kind !== now.kind || ("entity" in old && "entity" in now && old.entity !== now.entity))
    return [{ path: "type", message: "is changed by the operation for it, which converts the values" }];
  if (!("options" in old) || !("options" in now)) return [];
  const kept = new Set(now.options.map(({ value }) => value));
  const gone = old.options.filter(({ value }) => !kept.has(value));
  return gone.map(({ value }) => ({ path: "type.options", message: `archive "${value}" rather than remove it` }));
}

/** The fields that criteria look at. */
export function fieldsIn(criteria: Criteria): readonly string[] {
  if ("all" in criteria) return criteria.all.flatMap(fieldsIn);
  return criteria.op === "not" ? fieldsIn(criteria.criteria) : [criteria.field];
}
