import type { CompanyRecord, ContactRecord, EntityRecord, FieldValue } from "../world/records.ts";
import type { World } from "../world/world.ts";
import { applyFieldValues, readFieldValues } from "./custom-field-values.ts";
import type { ItemCheck } from "./item-check.ts";
import { applyTags } from "./tags.ts";

/** What a request wants of a contact or a company, checked. */
export interface ContactDraft {
  readonly name?: string | undefined;
  readonly firstName?: string | undefined;
  readonly lastName?: string | undefined;
  readonly responsibleUserId?: number | undefined;
  readonly createdAt?: number | undefined;
  readonly fields?: Map<number, readonly FieldValue[] | null>;
  readonly item?: Readonly<Record<string, unknown>>;
}

/** Reads and checks one contact or company of a request. */
export function checkContact(world: World, kind: "contacts" | "companies", check: ItemCheck): ContactDraft {
  const responsibleUserId = check.integer("responsible_user_id");
  if (responsibleUserId !== undefined && !world.users.has(responsibleUserId)) check.notChoice("responsible_user_id");
  return {
    name: check.text("name"),
    firstName: check.text("first_name"),
    lastName: check.text("last_name"),
    responsibleUserId,
    createdAt: check.integer("created_at"),
    fields: readFieldValues(world, kind, check),
    item: check.item,
  };
}

/** Makes a contact; it is the caller's to tell observers. */
export function createContact(world: World, draft: ContactDraft, userId: number): ContactRecord {
  const parts = `${draft.firstName ?? ""} ${draft.lastName ?? ""}`.trim();
  const contact: ContactRecord = {
    ...commonParts(world, draft, userId, draft.name ?? parts),
    firstName: draft.firstName ?? "",
    lastName: draft.lastName ?? "",
    companyId: undefined,
  };
  world.contacts.set(contact.id, contact);
  finish(world, contact, draft);
  world.log("contact_added", { type: "contact", id: contact.id }, userId);
  return contact;
}

/** Makes a company; it is the caller's to tell observers. */
export function createCompany(world: World, draft: ContactDraft, userId: number): CompanyRecord {
  const company = commonParts(world, draft, userId, draft.name ?? "");
  world.companies.set(company.id, company);
  finish(world, company, draft);
  world.log("company_added", { type: "company", id: company.id }, userId);
  return company;
}

/** Changes a contact or a company; it is the caller's to tell observers. */
export function updateContact(world: World, entity: EntityRecord, draft: ContactDraft, userId: number): void {
  if ("firstName" in entity) {
    const contact = entity as ContactRecord;
    contact.firstName = draft.firstName ?? contact.firstName;
    contact.lastName = draft.lastName ?? contact.lastName;
    const renamed = draft.firstName !== undefined || draft.lastName !== undefined;
    contact.name = draft.name ?? (renamed ? `${contact.firstName} ${contact.lastName}`.trim() : contact.name);
  } else {
    entity.name = draft.name ?? entity.name;
  }
  entity.responsibleUserId = draft.responsibleUserId ?? entity.responsibleUserId;
  finish(world, entity, draft);
  entity.updatedBy = userId;
  entity.updatedAt = world.seconds();
}

function commonParts(world: World, draft: ContactDraft, userId: number, name: string): EntityRecord {
  const now = world.seconds();
  return {
    id: world.nextId(),
    name,
    responsibleUserId: draft.responsibleUserId ?? userId,
    createdBy: userId,
    updatedBy: userId,
    createdAt: draft.createdAt ?? now,
    updatedAt: now,
    isDeleted: false,
    fields: new Map(),
    tags: [],
    unsortedUid: undefined,
  };
}

function finish(world: World, entity: EntityRecord, draft: ContactDraft): void {
  if (draft.fields !== undefined) applyFieldValues(entity.fields, draft.fields);
  if (draft.item !== undefined) applyTags(world, entity, draft.item);
}
