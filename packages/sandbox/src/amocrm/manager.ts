import type { ChatHooks } from "./chats/chat-hooks.ts";
import type { ChatsParts } from "./chats/chats-api.ts";
import type { ChatRecord } from "./chats/chat-records.ts";
import { type ManagerText, typeMessage } from "./chats/manager-message.ts";
import { changeContact } from "./rest/contacts.ts";
import { changeLead } from "./rest/leads.ts";
import { acceptUnsorted, declineUnsorted } from "./rest/sort-unsorted.ts";
import { type MessageView, viewMessage } from "./views.ts";
import type { Change } from "./world/change.ts";
import type { FieldValue, UnsortedRecord, UserRecord } from "./world/records.ts";

/** What a manager changes in a lead's card. */
export interface LeadCardChange {
  readonly name?: string;
  readonly price?: number;
  readonly statusId?: number;
  readonly pipelineId?: number;
  readonly responsibleUserId?: number;
}

/** What a manager changes in a contact's card. */
export interface ContactCardChange {
  readonly name?: string;
  readonly phone?: string;
  readonly email?: string;
}

/** A new chat that a manager begins. */
export interface FirstMessage extends ManagerText {
  readonly phone: string;
  readonly name?: string;
  readonly contactId?: number;
  /** Scope of the channel; the only connected one when absent. */
  readonly scopeId?: string;
  readonly sourceExternalId?: string;
}

/** Somebody who works in the account. What they do reaches subscribers and channels as in amoCRM. */
export class AmoCrmManager {
  readonly id: number;
  readonly name: string;
  /** The id in the chats API, for `sender.ref_id`. */
  readonly amojoId: string;
  readonly #user: UserRecord;
  readonly #parts: ChatsParts;
  readonly #hooks: ChatHooks;

  constructor(user: UserRecord, parts: ChatsParts, hooks: ChatHooks) {
    this.id = user.id;
    this.name = user.name;
    this.amojoId = user.amojoId;
    this.#user = user;
    this.#parts = parts;
    this.#hooks = hooks;
  }

  /**
   * Types a message into a chat, named by amoCRM's id or the integration's, and lets the hook go out. Several files
   * become several messages; the first is returned. Throws when there is no such chat.
   */
  reply(chat: string, typed: ManagerText | string): MessageView {
    const found =
      this.#parts.chats.chat(chat) ?? this.#parts.chats.chats.find((candidate) => candidate.clientId === chat);
    if (found === undefined) throw new Error(`amoCRM has no chat ${chat}.`);
    return this.#type(found, typeof typed === "string" ? { text: typed } : typed);
  }

  /** Begins a chat with a phone number; the hook has no `client_id` until the client answers. */
  writeFirst(first: FirstMessage): MessageView {
    const scopes = this.#parts.chats.scopes;
    const scope = first.scopeId === undefined ? scopes[0] : scopes.find(({ scopeId }) => scopeId === first.scopeId);
    if (scope === undefined) throw new Error("No channel is connected that a manager could write first through.");
    const chat = this.#parts.chats.createChat(scope, undefined, { phone: first.phone, name: first.name ?? "" });
    chat.sourceExternalId = first.sourceExternalId;
    if (first.contactId !== undefined) this.#parts.chats.bind(chat, first.contactId);
    return this.#type(chat, first);
  }

  /** Changes a lead in its card. */
  updateLead(id: number, change: LeadCardChange): void {
    const { world } = this.#parts;
    const lead = world.leads.get(id);
    if (lead === undefined) throw new Error(`amoCRM has no lead ${id}.`);
    const home = [...world.pipelines.values()].find(({ statuses }) =>
      statuses.some((one) => one.id === change.statusId),
    );
    const changes: Change[] = [];
    const closing = home === undefined || home.statuses.some((one) => one.id === lead.statusId);
    const pipelineId = change.pipelineId ?? (closing ? undefined : home.id);
    changeLead({ world, changes }, lead, { ...change, pipelineId }, this.id);
    world.publish(changes);
  }

  /** Changes a contact in its card; a phone or an e-mail takes the place of all it had. */
  updateContact(id: number, change: ContactCardChange): void {
    const { world } = this.#parts;
    const entity = world.contacts.get(id);
    if (entity === undefined) throw new Error(`amoCRM has no contact ${id}.`);
    const fields = new Map<number, readonly FieldValue[]>();
    for (const [code, value] of [["PHONE", change.phone] as const, ["EMAIL", change.email] as const]) {
      const field = world.field("contacts", { code });
      const choice = field?.enums?.[0];
      if (value === undefined || field === undefined || choice === undefined) continue;
      fields.set(field.id, [{ value, enum_id: choice.id }]);
    }
    const changes: Change[] = [];
    changeContact({ world, changes }, "contacts", { entity, draft: { name: change.name, fields }, userId: this.id });
    world.publish(changes);
  }

  /** Deletes a lead: it leaves all lists. */
  deleteLead(id: number): void {
    const lead = this.#parts.world.leads.get(id);
    if (lead === undefined) throw new Error(`amoCRM has no lead ${id}.`);
    lead.isDeleted = true;
    this.#parts.world.publish([{ entity: "leads", action: "delete", id }]);
  }

  /** Accepts an unsorted request. */
  accept(uid: string, statusId?: number): void {
    this.#parts.world.publish(acceptUnsorted(this.#parts.world, this.#open(uid), { userId: this.id, statusId }));
  }

  /** Declines an unsorted request. */
  decline(uid: string): void {
    const { world, chats } = this.#parts;
    world.publish(declineUnsorted(world, chats, this.#open(uid), this.id));
  }

  #type(chat: ChatRecord, typed: ManagerText): MessageView {
    const messages = typeMessage(this.#parts, chat, this.#user, typed);
    for (const message of messages) this.#hooks.send(message);
    const [first] = messages;
    if (first === undefined) throw new Error("A manager's message has a text or a file.");
    return viewMessage(first);
  }

  #open(uid: string): UnsortedRecord {
    const one = this.#parts.world.unsorted.get(uid);
    if (one === undefined || one.state !== "open") throw new Error(`amoCRM has no open unsorted request ${uid}.`);
    return one;
  }
}
