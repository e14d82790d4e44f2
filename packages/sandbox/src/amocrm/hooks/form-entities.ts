import type { EntityChange } from "../world/change.ts";
import type { EntityRecord } from "../world/records.ts";
import type { World } from "../world/world.ts";
import type { FormValue } from "./form.ts";

/** A lead in a webhook: older names than REST's, all values strings, an unset price empty. */
export function formLead(world: World, change: EntityChange): FormValue | undefined {
  const lead = world.leads.get(change.id);
  if (lead === undefined) return undefined;
  if (change.action === "delete") return { id: lead.id, status_id: lead.statusId, pipeline_id: lead.pipelineId };
  return {
    id: lead.id,
    name: lead.name,
    status_id: lead.statusId,
    ...(change.old === undefined ? {} : { old_status_id: change.old.statusId, old_pipeline_id: change.old.pipelineId }),
    price: lead.price ?? "",
    responsible_user_id: lead.responsibleUserId,
    last_modified: lead.updatedAt,
    modified_user_id: lead.updatedBy,
    created_user_id: lead.createdBy,
    date_create: lead.createdAt,
    pipeline_id: lead.pipelineId,
    ...formTags(lead),
    account_id: world.account.id,
    ...formFields(world, lead),
    created_at: lead.createdAt,
    updated_at: lead.updatedAt,
  };
}

/** A contact in a webhook; its leads are an object keyed by id. */
export function formContact(world: World, change: EntityChange): FormValue | undefined {
  const contact = world.contacts.get(change.id);
  if (contact === undefined) return undefined;
  const company = contact.companyId === undefined ? undefined : world.companies.get(contact.companyId);
  return formPerson(world, contact, change, {
    type: "contact",
    leads: world.leadsOf(contact.id).map((lead) => lead.id),
    ...(company === undefined ? {} : { company }),
  });
}

/** A company in a webhook: under `contacts`, told apart by `type`. */
export function formCompany(world: World, change: EntityChange): FormValue | undefined {
  const company = world.companies.get(change.id);
  if (company === undefined) return undefined;
  const leads = [...world.leads.values()].filter((lead) => lead.companyId === company.id).map((lead) => lead.id);
  return formPerson(world, company, change, { type: "company", leads });
}

/** A note in a webhook. */
export function formNote(world: World, change: EntityChange): FormValue | undefined {
  const note = world.notes.get(change.noteId ?? -1);
  if (note === undefined || change.entity === "task") return undefined;
  const elementTypes = { leads: 2, contacts: 1, companies: 3 };
  const text = note.params["text"];
  return {
    note: {
      id: note.id,
      note_type: note.noteType,
      element_id: note.entityId,
      element_type: elementTypes[change.entity],
      text: typeof text === "string" ? text : JSON.stringify(note.params),
      created_by: note.createdBy,
      main_user_id: note.responsibleUserId,
      date_create: note.createdAt,
      created_at: note.createdAt,
      timestamp_x: note.updatedAt,
      account_id: world.account.id,
    },
  };
}

function formPerson(
  world: World,
  entity: EntityRecord,
  change: EntityChange,
  extra: { type: "contact" | "company"; leads: readonly number[]; company?: EntityRecord },
): FormValue {
  if (change.action === "delete") return { id: entity.id, type: extra.type };
  return {
    id: entity.id,
    name: entity.name,
    responsible_user_id: entity.responsibleUserId,
    date_create: entity.createdAt,
    last_modified: entity.updatedAt,
    created_user_id: entity.createdBy,
    modified_user_id: entity.updatedBy,
    ...(extra.company === undefined ? {} : { company_name: extra.company.name, linked_company_id: extra.company.id }),
    account_id: world.account.id,
    ...formFields(world, entity),
    ...(extra.leads.length === 0
      ? {}
      : { linked_leads_id: Object.fromEntries(extra.leads.map((id) => [id, { ID: id }])) }),
    ...formTags(entity),
    created_at: entity.createdAt,
    updated_at: entity.updatedAt,
    type: extra.type,
  };
}

function formTags(entity: EntityRecord): { tags?: FormValue } {
  return entity.tags.length === 0 ? {} : { tags: entity.tags.map(({ id, name }) => ({ id, name })) };
}

/** Values are objects, except for dates and checkboxes, whose values are bare. */
function formFields(world: World, entity: EntityRecord): { custom_fields?: FormValue } {
  if (entity.fields.size === 0) return {};
  const fields = [...entity.fields].flatMap(([id, values]): FormValue[] => {
    const field = world.customFields.get(id);
    if (field === undefined) return [];
    const bare = field.type === "date" || field.type === "date_time" || field.type === "checkbox";
    const shown = values.map((value): FormValue => {
      if (bare) return value.value ?? "";
      const choice = field.enums?.find((candidate) => candidate.id === value.enum_id);
      return {
        value: value.value ?? choice?.value ?? "",
        ...(value.enum_id === undefined ? {} : { enum: value.enum_id }),
      };
    });
    return [{ id, name: field.name, values: shown, ...(field.code === undefined ? {} : { code: field.code }) }];
  });
  return { custom_fields: fields };
}
