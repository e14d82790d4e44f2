import { randomUUID } from "node:crypto";
import type { Change } from "./change.ts";
import type { SandboxClock } from "./clock.ts";
import { defaultFields } from "./default-fields.ts";
import { defaultPipeline, isClosing } from "./default-pipeline.ts";
import type {
  CompanyRecord,
  ContactRecord,
  CustomFieldRecord,
  EntityKind,
  EntityRecord,
  EventRecord,
  LeadRecord,
  NoteRecord,
  PipelineRecord,
  SourceRecord,
  StatusRecord,
  Tag,
  TalkRecord,
  TaskRecord,
  UnixSeconds,
  UnsortedRecord,
  UserRecord,
} from "./records.ts";

/** Who the account is. */
export interface AccountIdentity {
  readonly id: number;
  readonly subdomain: string;
  readonly amojoId: string;
  readonly name: string;
}

/** The CRM account: everything REST shows, kept in memory. */
export class World {
  readonly clock: SandboxClock;
  readonly account: AccountIdentity;
  readonly leads = new Map<number, LeadRecord>();
  readonly contacts = new Map<number, ContactRecord>();
  readonly companies = new Map<number, CompanyRecord>();
  readonly users = new Map<number, UserRecord>();
  readonly pipelines = new Map<number, PipelineRecord>();
  readonly customFields = new Map<number, CustomFieldRecord>();
  readonly sources = new Map<number, SourceRecord>();
  readonly notes = new Map<number, NoteRecord>();
  readonly tasks = new Map<number, TaskRecord>();
  readonly unsorted = new Map<string, UnsortedRecord>();
  readonly talks = new Map<number, TalkRecord>();
  readonly events: EventRecord[] = [];
  readonly #leadsByContact = new Map<number, Set<number>>();
  readonly #tags = new Map<string, Tag>();
  readonly #listeners: ((changes: readonly Change[]) => void)[] = [];
  #sequence = 0;

  constructor(account: AccountIdentity, clock: SandboxClock) {
    this.account = account;
    this.clock = clock;
    const pipeline = defaultPipeline(() => this.nextId());
    this.pipelines.set(pipeline.id, pipeline);
    for (const field of defaultFields(() => this.nextId())) this.customFields.set(field.id, field);
    this.addUser("Владелец", true);
  }

  /** Ids of all kinds come from one sequence, so that no two things of the account share one. */
  nextId(): number {
    this.#sequence += 1;
    return 30_000_000 + this.#sequence;
  }

  /** The time in whole seconds. */
  seconds(): UnixSeconds {
    return Math.floor(this.clock.now() / 1000);
  }

  /** The user the account belongs to. */
  get owner(): UserRecord {
    const [owner] = this.users.values();
    if (owner === undefined) throw new Error("An amoCRM account always has an owner.");
    return owner;
  }

  /** Adds a user who can sign in to the account and write in its chats. */
  addUser(name: string, isAdmin: boolean): UserRecord {
    const id = this.nextId();
    const user: UserRecord = { id, name, email: `user${id}@example.com`, isAdmin, amojoId: randomUUID() };
    this.users.set(id, user);
    return user;
  }

  /** The pipeline that takes what names no other. */
  get mainPipeline(): PipelineRecord {
    for (const pipeline of this.pipelines.values()) if (pipeline.isMain) return pipeline;
    throw new Error("An amoCRM account always has a main pipeline.");
  }

  /** First column of a pipeline that a manager works in. */
  firstStatus(pipeline: PipelineRecord): StatusRecord {
    const status = pipeline.statuses.find((candidate) => candidate.type === 0);
    if (status === undefined) throw new Error(`Pipeline ${pipeline.id} has no working status.`);
    return status;
  }

  /** Column of a pipeline where requests wait to be sorted. */
  unsortedStatus(pipeline: PipelineRecord): StatusRecord {
    const status = pipeline.statuses.find((candidate) => candidate.type === 1);
    if (status === undefined) throw new Error(`Pipeline ${pipeline.id} has no unsorted status.`);
    return status;
  }

  /** The leads, contacts or companies, by REST's name. */
  entities(kind: EntityKind): Map<number, EntityRecord> {
    if (kind === "leads") return this.leads as Map<number, EntityRecord>;
    return kind === "contacts" ? (this.contacts as Map<number, EntityRecord>) : this.companies;
  }

  /** The tag of that name, made on first use. */
  tag(name: string): Tag {
    const known = this.#tags.get(name);
    if (known !== undefined) return known;
    const tag = { id: this.nextId(), name };
    this.#tags.set(name, tag);
    return tag;
  }

  /** A tag by its id. */
  tagById(id: number): Tag | undefined {
    for (const tag of this.#tags.values()) if (tag.id === id) return tag;
    return undefined;
  }

  /** Definition of a custom field by id, or by its code within an entity. */
  field(entity: EntityKind, reference: { id?: number; code?: string }): CustomFieldRecord | undefined {
    if (reference.id !== undefined) {
      const field = this.customFields.get(reference.id);
      return field?.entity === entity ? field : undefined;
    }
    for (const field of this.customFields.values()) {
      if (field.entity === entity && field.code === reference.code) return field;
    }
    return undefined;
  }

  /** Puts a contact on a lead; the first one, or the one asked for, is the main one. */
  linkContact(lead: LeadRecord, contactId: number, isMain = lead.contacts.length === 0): void {
    if (isMain) for (const other of lead.contacts) other.isMain = false;
    const linked = lead.contacts.find((contact) => contact.id === contactId);
    if (linked === undefined) lead.contacts.push({ id: contactId, isMain });
    else linked.isMain ||= isMain;
    const leads = this.#leadsByContact.get(contactId);
    if (leads === undefined) this.#leadsByContact.set(contactId, new Set([lead.id]));
    else leads.add(lead.id);
  }

  /** Takes a contact off a lead. */
  unlinkContact(lead: LeadRecord, contactId: number): void {
    lead.contacts = lead.contacts.filter((contact) => contact.id !== contactId);
    this.#leadsByContact.get(contactId)?.delete(lead.id);
  }

  /** Leads of a contact, in the order they were linked. */
  leadsOf(contactId: number): LeadRecord[] {
    const ids = this.#leadsByContact.get(contactId);
    if (ids === undefined) return [];
    return [...ids].flatMap((id) => this.leads.get(id) ?? []);
  }

  /** An open lead of a contact: the newest that is neither won, lost nor deleted. */
  openLeadOf(contactId: number): LeadRecord | undefined {
    return this.leadsOf(contactId).findLast((lead) => !lead.isDeleted && !isClosing(lead.statusId));
  }

  /** Writes to the event feed. */
  log(
    type: string,
    entity: { type: string; id: number },
    by: number,
    values: { after?: unknown; before?: unknown } = {},
  ): void {
    this.events.push({
      id: randomUUID().replaceAll("-", "").slice(0, 26),
      type,
      entityType: entity.type,
      entityId: entity.id,
      createdBy: by,
      createdAt: this.seconds(),
      valueAfter: values.after === undefined ? [] : [values.after],
      valueBefore: values.before === undefined ? [] : [values.before],
    });
  }

  /** Tells of changes that belong together, in order. */
  publish(changes: readonly Change[]): void {
    if (changes.length === 0) return;
    for (const listener of this.#listeners) listener(changes);
  }

  /** Registers for every later {@link publish}. */
  observe(listener: (changes: readonly Change[]) => void): void {
    this.#listeners.push(listener);
  }
}
