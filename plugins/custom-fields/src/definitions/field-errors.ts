import { CrmError } from "@crmessenger/kernel";

/** What is wrong with one field, by its name, or with one property of a definition, by its path. */
export interface Issue {
  readonly path: string;
  readonly message: string;
}

export function unknownField(entity: string, name: string): CrmError {
  return new CrmError("CRM_FIELD_NOT_FOUND", `There is no custom field "${name}" on ${entity}.`, {
    status: 404,
    details: { entity, field: name },
  });
}

export function unknownEntity(entity: string, known: readonly string[]): CrmError {
  return new CrmError(
    "CRM_FIELD_ENTITY",
    `"${entity}" has no custom fields. Entities that have: ${known.join(", ") || "none"}.`,
    { status: 422, details: { entity, known } },
  );
}

export function nameTaken(entity: string, name: string): CrmError {
  return new CrmError(
    "CRM_FIELD_NAME_TAKEN",
    `${entity} has a custom field "${name}" already, archived ones included. Take another name, or restore that one.`,
    { status: 409, details: { entity, field: name } },
  );
}

export function fieldOfPlugin(entity: string, name: string, plugin: string): CrmError {
  return new CrmError(
    "CRM_FIELD_OF_PLUGIN",
    `The field "${name}" of ${entity} is declared by plugin "${plugin}", which alone can change it.`,
    { status: 409, details: { entity, field: name, plugin } },
  );
}

export function wrongDefinition(entity: string, name: string, issues: readonly Issue[]): CrmError {
  return new CrmError(
    "CRM_FIELD_DEFINITION",
    `The field "${name}" of ${entity} can't be like this: ${issues.map(({ path, message }) => `${path}: ${message}`).join("; ")}.`,
    { status: 422, details: { entity, field: name, issues } },
  );
}

export function wrongValues(entity: string, issues: readonly Issue[]): CrmError {
  return new CrmError(
    "CRM_FIELD_INVALID",
    `Custom fields of ${entity} are wrong: ${issues.map(({ path, message }) => `${path} ${message}`).join("; ")}.`,
    { status: 422, details: { entity, issues } },
  );
}

export function forbiddenFields(entity: string, fields: readonly string[]): CrmError {
  return new CrmError("CRM_FIELD_FORBIDDEN", `You may not change these fields of ${entity}: ${fields.join(", ")}.`, {
    status: 403,
    details: { entity, fields },
  });
}
