import type { AttachedField, FieldFormulas, FieldType, HolderSubject } from "@crmessenger/kernel/extensibility";
import type { Json } from "@crmessenger/kernel/infrastructure";
import type { EntityFields } from "../definitions/entity-fields.ts";
import type { Issue } from "../definitions/field-errors.ts";
import { checkValue } from "./check-value.ts";

export interface Computing {
  readonly fields: EntityFields;
  readonly previous: HolderSubject | null;
  /** The entity with the values that were set. */
  readonly subject: HolderSubject;
  readonly values: Map<string, Json>;
  readonly issues: Issue[];
}

/**
 * Sets the computed values. Formulas see the entity without them, so their order does not matter. While the plugin that
 * brings a formula is away, its last answer stays.
 */
export async function computeValues(formulas: FieldFormulas, computing: Computing): Promise<void> {
  const { fields, values, subject } = computing;
  if (fields.computed.length === 0) return;
  const names = new Set(fields.computed.map(({ name }) => name));
  const attributes = Object.fromEntries(Object.entries(subject.attributes).filter(([name]) => !names.has(name)));
  const known = new Map(formulas.all().map((formula) => [formula.name, formula]));
  for (const field of fields.computed) {
    const { type } = field;
    if (type.kind !== "computed") continue;
    const formula = known.get(type.formula);
    const value = formula
      ? await formula.compute({ ...subject, attributes })
      : (computing.previous?.attributes[field.name] ?? null);
    if (value === null) values.delete(field.name);
    else keep(field, type, value, computing);
  }
}

function keep(
  field: AttachedField,
  { result, formula }: FieldType & { readonly kind: "computed" },
  value: Json,
  { values, issues }: Computing,
): void {
  const checked = checkValue({ kind: result === "text" ? "long-text" : result }, value);
  if ("value" in checked) values.set(field.name, checked.value);
  else issues.push({ path: field.name, message: `${checked.problem}, which ${formula} does not answer` });
}
