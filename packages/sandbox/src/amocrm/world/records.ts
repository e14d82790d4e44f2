/** Unix time in whole seconds, the unit of every time in amoCRM's REST answers. */
export type UnixSeconds = number;

/** One value of a custom field, as it is kept: choices by `enum_id`, everything else by `value`. */
export interface FieldValue {
  readonly value?: string | number | boolean;
  readonly enum_id?: number;
  readonly enum_code?: string;
}

/** Custom field values of one entity, keyed by field id. */
export type FieldValues = Map<number, readonly FieldValue[]>;

/** What REST calls the three entities that carry custom fields. */
export type EntityKind = "leads" | "contacts" | "companies";

/** A tag on a lead, a contact or a company. */
export interface Tag {
  readonly id: number;
  readonly name: string;
}

/** What leads, contacts and companies have in common. */
export interface EntityRecord {
  readonly id: number;
  name: string;
  responsibleUserId: number;
  createdBy: number;
  updatedBy: number;
  createdAt: UnixSeconds;
  updatedAt: UnixSeconds;
  isDeleted: boolean;
  fields: FieldValues;
  tags: Tag[];
  /** Uid of the unsorted request that holds it: until that is accepted, lists do not show the entity. */
  unsortedUid: string | undefined;
}

/** A deal on a pipeline. */
export interface LeadRecord extends EntityRecord {
  /** `undefined` until somebody sets it: REST shows 0 then, a webhook an empty string. */
  price: number | undefined;
  statusId: number;
  pipelineId: number;
  lossReasonId: number | undefined;
  closedAt: UnixSeconds | undefined;
  contacts: { readonly id: number; isMain: boolean }[];
  companyId: number | undefined;
  sourceId: number | undefined;
}

/** A person. */
export interface ContactRecord extends EntityRecord {
  firstName: string;
  lastName: string;
  companyId: number | undefined;
}

/** A company. */
export type CompanyRecord = EntityRecord;

/** A user of the account: its owner or a manager. */
export interface UserRecord {
  readonly id: number;
  readonly name: string;
  readonly email: string;
  readonly isAdmin: boolean;
  /** The user's id in the chats API. */
  readonly amojoId: string;
}

/** A column of a pipeline. `type` 1 is the column of unsorted requests. */
export interface StatusRecord {
  readonly id: number;
  name: string;
  sort: number;
  color: string;
  readonly type: 0 | 1;
  readonly isEditable: boolean;
}

/** A pipeline with its statuses in order; 142 (won) and 143 (lost) end every one of them. */
export interface PipelineRecord {
  readonly id: number;
  name: string;
  sort: number;
  isMain: boolean;
  isUnsortedOn: boolean;
  readonly statuses: StatusRecord[];
}

/** Definition of a custom field. */
export interface CustomFieldRecord {
  readonly id: number;
  readonly entity: EntityKind;
  name: string;
  readonly type: string;
  readonly code: string | undefined;
  readonly isPredefined: boolean;
  sort: number;
  enums: { readonly id: number; value: string; sort: number; readonly code?: string }[] | undefined;
}

/** Where requests come from, made by an integration and known to it by `externalId`. */
export interface SourceRecord {
  readonly id: number;
  readonly integrationId: string;
  readonly externalId: string;
  name: string;
  pipelineId: number;
  isDefault: boolean;
  originCode: string | undefined;
  services: readonly unknown[];
}

/** A note on an entity. */
export interface NoteRecord {
  readonly id: number;
  readonly entity: EntityKind;
  readonly entityId: number;
  readonly noteType: string;
  params: Readonly<Record<string, unknown>>;
  readonly createdBy: number;
  updatedBy: number;
  readonly createdAt: UnixSeconds;
  updatedAt: UnixSeconds;
  responsibleUserId: number;
}

/** A task of a manager. */
export interface TaskRecord {
  readonly id: number;
  taskTypeId: number;
  text: string;
  completeTill: UnixSeconds;
  entityId: number | undefined;
  entityType: EntityKind | undefined;
  isCompleted: boolean;
  resultText: string | undefined;
  responsibleUserId: number;
  readonly createdBy: number;
  updatedBy: number;
  readonly createdAt: UnixSeconds;
  updatedAt: UnixSeconds;
}

/** A request that waits in the unsorted column for somebody to accept or decline it. */
export interface UnsortedRecord {
  readonly uid: string;
  readonly chatId: string;
  readonly leadId: number;
  readonly contactId: number;
  readonly pipelineId: number;
  readonly createdAt: UnixSeconds;
  readonly sourceName: string;
  readonly from: string;
  readonly service: string;
  lastMessageText: string;
  state: "open" | "accepted" | "declined" | "linked";
}

/** A conversation's working period: opened by a client's message, closed by a manager. */
export interface TalkRecord {
  readonly id: number;
  readonly chatId: string;
  contactId: number | undefined;
  leadId: number | undefined;
  readonly origin: string;
  isInWork: boolean;
  isRead: boolean;
  readonly createdAt: UnixSeconds;
  updatedAt: UnixSeconds;
}

/** An entry of the account's event feed. */
export interface EventRecord {
  readonly id: string;
  readonly type: string;
  readonly entityType: string;
  readonly entityId: number;
  readonly createdBy: number;
  readonly createdAt: UnixSeconds;
  readonly valueAfter: readonly unknown[];
  readonly valueBefore: readonly unknown[];
}
