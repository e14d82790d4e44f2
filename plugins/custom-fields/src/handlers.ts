import { type Handler, answer, handle } from "@crmessenger/kernel";
import type { CustomFieldManager } from "@crmessenger/kernel/extensibility";
import { readableFields, writableNames } from "./access/actor-fields.ts";
import { groupsOf } from "./forms/form-description.ts";
import {
  ArchiveField,
  AttachField,
  ChangeFieldType,
  GetFieldSchema,
  GetForm,
  ListFieldEntities,
  ListFieldIndexes,
  ListFields,
  RestoreField,
  UpdateField,
} from "./operations.ts";
import { type FieldServices, holderOf } from "./services.ts";

/** Serves the operations. */
export function fieldHandlers(services: FieldServices, manager: CustomFieldManager): readonly Handler[] {
  return [
    handle(AttachField, ({ entity, definition }) => manager.attachField(entity, definition)),
    handle(UpdateField, ({ entity, version, definition }) => manager.updateField(entity, version, definition)),
    // It has a unit of work of its own: it may take longer than others may.
    handle(ChangeFieldType, ({ entity, name, type, ...options }) => manager.changeType(entity, name, type, options), {
      unitOfWork: "own",
    }),
    handle(ArchiveField, ({ entity, name }) => manager.setArchived(entity, name, true)),
    handle(RestoreField, ({ entity, name }) => manager.setArchived(entity, name, false)),
    answer(ListFields, async ({ entity }) => ({ items: await manager.fields(entity) })),
    answer(GetFieldSchema, ({ entity }) => manager.jsonSchema(entity)),
    answer(ListFieldEntities, async () => ({
      items: services.holders.all().map(({ name, label, state }) => ({ name, label, state })),
    })),
    answer(GetForm, async ({ entity }) => {
      const { label, state } = holderOf(services, entity);
      const fields = await readableFields(services, entity);
      const groups = groupsOf(fields, await writableNames(services, fields));
      return { entity, label, stateField: state?.field ?? null, groups };
    }),
    answer(ListFieldIndexes, async ({ entity }) => {
      holderOf(services, entity);
      const states = await services.indexes.states(entity);
      return {
        items: states.map(({ unique = false, failure = null, ...state }) => ({ ...state, unique, failure })),
      };
    }),
  ];
}
