import { CrmError } from "../errors/crm-error.ts";
import type { DeclaredField, FieldDeclaration } from "../extensibility/declared-fields.ts";
import { fieldDefaults, fieldDefinitionSchema } from "../extensibility/field-definition.ts";
import type { Plugin } from "../plugin/plugin.ts";

/** The fields of all plugins, complete and checked. Two plugins can't declare the same field of an entity. */
export function mergeFields(plugins: readonly Plugin[]): readonly DeclaredField[] {
  const fields = new Map<string, DeclaredField>();
  for (const { definition } of plugins) {
    for (const [entity, declarations] of Object.entries(definition.fields ?? {})) {
      for (const [name, declaration] of Object.entries(declarations)) {
        const field = { ...complete(definition.id, name, declaration), entity, plugin: definition.id };
        const other = fields.get(`${entity}.${name}`);
        if (other) throw taken(field, other);
        fields.set(`${entity}.${name}`, field);
      }
    }
  }
  return [...fields.values()];
}

function complete(plugin: string, name: string, declaration: FieldDeclaration) {
  const parsed = fieldDefinitionSchema.safeParse({
    label: name,
    ...fieldDefaults,
    ...declaration,
    name,
  });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new CrmError(
    "CRM_FIELD_DEFINITION",
    `Plugin "${plugin}" declares the field "${name}" wrongly at "${issue?.path.join(".")}": ${issue?.message}.`,
    { status: 422, details: { plugin, field: name } },
  );
}

function taken(field: DeclaredField, other: DeclaredField): CrmError {
  return new CrmError(
    "CRM_FIELD_NAME_TAKEN",
    `Both "${other.plugin}" and "${field.plugin}" declare the field "${field.name}" of ${field.entity}. Rename one of them.`,
    { status: 409, details: { entity: field.entity, field: field.name, plugins: [other.plugin, field.plugin] } },
  );
}
