import type { AttributeChange, CustomFieldManager, FieldValue, HolderSubject } from "@crmessenger/kernel/extensibility";
import type { Attributes, Json } from "@crmessenger/kernel/infrastructure";
import { changeType } from "./definitions/change-type.ts";
import { unknownField } from "./definitions/field-errors.ts";
import { attachField, setArchived, updateField } from "./definitions/save-field.ts";
import { schemaOf } from "./forms/json-schema.ts";
import { readableFields, writableNames } from "./access/actor-fields.ts";
import { type FieldServices, holderOf } from "./services.ts";
import { applyChange } from "./values/apply-change.ts";
import { isConverting } from "./values/converting.ts";

/** Keeps definitions in a collection and decides what may stand in `attributes`. */
export function createCustomFieldManager(services: FieldServices): CustomFieldManager {
  return {
    attachField: (entity, definition) => attachField(services, entity, definition),
    updateField: (entity, version, definition) => updateField(services, entity, version, definition),
    changeType: (entity, name, type, options) => changeType(services, entity, { name, type }, options),
    setArchived: (entity, name, archived) => setArchived(services, entity, name, archived),
    async fields(entity) {
      holderOf(services, entity);
      return (await services.catalogue.of(entity)).all;
    },
    readableFields: (entity) => readableFields(services, entity),
    apply: (change) => apply(services, change),
    getValues: (entity, holder) => getValues(services, entity, holder),
    getValue: (entity, holder, name) => getValue(services, entity, { holder, name }),
    async jsonSchema(entity) {
      const fields = await readableFields(services, entity);
      return schemaOf(fields, await writableNames(services, fields));
    },
  };
}

async function apply(services: FieldServices, change: AttributeChange): Promise<Attributes> {
  holderOf(services, change.entity);
  if (isConverting()) return change.next.attributes;
  return applyChange(services, change, await services.catalogue.of(change.entity));
}

async function getValues(
  services: FieldServices,
  entity: string,
  holder: HolderSubject,
): Promise<readonly FieldValue[]> {
  const fields = await readableFields(services, entity);
  return fields.map((field) => ({ field, value: holder.attributes[field.name] ?? null }));
}

async function getValue(
  services: FieldServices,
  entity: string,
  { holder, name }: { readonly holder: HolderSubject; readonly name: string },
): Promise<Json> {
  const fields = await readableFields(services, entity);
  if (!fields.some((field) => field.name === name)) throw unknownField(entity, name);
  return holder.attributes[name] ?? null;
}
