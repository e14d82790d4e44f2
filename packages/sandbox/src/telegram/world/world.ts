import { Mailbox } from "./mailbox.ts";
import type { LoggedUpdate } from "./logged-update.ts";
import { newerThan } from "./newer-than.ts";
import type { Person } from "./person.ts";
import type { StoredFile } from "./stored-file.ts";
import type { StoredMessage } from "./stored-message.ts";

/** A message about to be written. */
export interface NewMessage {
  readonly fromId: number;
  readonly toId: number;
  readonly text: string;
  readonly entities?: readonly unknown[] | undefined;
  readonly media?: StoredFile | undefined;
  /** The writer's id of the message that this answers. */
  readonly replyTo?: number | undefined;
  readonly randomId?: string | undefined;
  readonly writtenUnder?: string | undefined;
}

/** Hears of every change, right after it took effect. */
export interface WorldObserver {
  /** A numbered change in somebody's mailbox. `origin` names the session that caused it and knows already. */
  onUpdate(ownerId: number, update: LoggedUpdate, origin?: object): void;
  onTyping(fromId: number, toId: number): void;
}

/** How read receipts travel: at once, or when `release` is called. */
export type ReceiptPost = (readerId: number, release: () => void) => void;

/** All people and what they wrote to each other. Nothing here knows of MTProto. */
export class World {
  readonly #people = new Map<number, Person>();
  readonly #mailboxes = new Map<number, Mailbox>();
  readonly #byUsername = new Map<string, Person>();
  readonly #byPhone = new Map<string, Person>();
  readonly #byToken = new Map<string, Person>();
  readonly #observers: WorldObserver[] = [];
  readonly #watchers = new Map<number, WorldObserver>();
  readonly #postReceipt: ReceiptPost;
  readonly #keptUpdates: number;
  #nextPersonId: number;

  constructor(postReceipt: ReceiptPost, numbers: { readonly firstPersonId: number; readonly keptUpdates: number }) {
    this.#postReceipt = postReceipt;
    this.#nextPersonId = numbers.firstPersonId;
    this.#keptUpdates = numbers.keptUpdates;
  }

  /** Tells an observer of everybody's changes. */
  observe(observer: WorldObserver): void {
    this.#observers.push(observer);
  }

  /** Tells an observer of what concerns one person. Each person has one such observer. */
  watch(personId: number, observer: WorldObserver): void {
    this.#watchers.set(personId, observer);
  }

  /** Adds a person. Throws when the id, the phone or the user name is taken. */
  addPerson(person: Omit<Person, "id"> & { readonly id?: number }): Person {
    const id = person.id ?? this.#nextPersonId;
    if (this.#people.has(id)) throw new Error(`The Telegram sandbox already has a user with the id ${id}.`);
    if (person.username !== undefined && this.findByUsername(person.username) !== undefined)
      throw new Error(`The Telegram sandbox already has a user named @${person.username}.`);
    if (person.phone !== undefined && this.findByPhone(person.phone) !== undefined)
      throw new Error(`The Telegram sandbox already has a user with the phone ${person.phone}.`);
    if (person.id === undefined) this.#nextPersonId += 1;
    const added = { ...person, id };
    this.#people.set(id, added);
    if (added.username !== undefined) this.#byUsername.set(added.username.toLowerCase(), added);
    if (added.phone !== undefined) this.#byPhone.set(digits(added.phone), added);
    if (added.token !== undefined) this.#byToken.set(added.token, added);
    this.#mailboxes.set(id, new Mailbox(id, this.#keptUpdates));
    return added;
  }

  /** Throws for an id that was never given out. */
  person(id: number): Person {
    const person = this.#people.get(id);
    if (person === undefined) throw new Error(`The Telegram sandbox has no user ${id}.`);
    return person;
  }

  findPerson(id: number): Person | undefined {
    return this.#people.get(id);
  }

  findByUsername(username: string): Person | undefined {
    return this.#byUsername.get(username.toLowerCase());
  }

  findByPhone(phone: string): Person | undefined {
    return this.#byPhone.get(digits(phone));
  }

  findByToken(token: string): Person | undefined {
    return this.#byToken.get(token);
  }

  /** The mailbox of a person. Throws for an id that was never given out. */
  mailbox(id: number): Mailbox {
    const mailbox = this.#mailboxes.get(id);
    if (mailbox === undefined) throw new Error(`The Telegram sandbox has no user ${id}.`);
    return mailbox;
  }

  /** Puts a message into both mailboxes and answers the writer's copy with its number in the writer's log. */
  deliver(draft: NewMessage, origin?: object): { message: StoredMessage; update: LoggedUpdate } {
    const from = this.mailbox(draft.fromId);
    const written = copyOf(draft, from, draft.replyTo);
    from.store(written);
    const update = this.#publish(from, { kind: "message", message: written }, origin);
    if (draft.toId !== draft.fromId) {
      const to = this.mailbox(draft.toId);
      const answered = draft.replyTo === undefined ? undefined : from.messages.get(draft.replyTo);
      const received = copyOf(draft, to, answered?.twin?.id);
      received.twin = written;
      written.twin = received;
      to.store(received);
      this.#publish(to, { kind: "message", message: received });
    }
    return { message: written, update };
  }

  /** Changes the text of a message that its owner wrote, on both sides. */
  edit(message: StoredMessage, text: string, entities: readonly unknown[], origin?: object): LoggedUpdate {
    const editedAt = Date.now();
    Object.assign(message, { text, entities, editedAt });
    const update = this.#publish(this.mailbox(message.ownerId), { kind: "edit", message }, origin);
    const { twin } = message;
    if (twin !== undefined) {
      Object.assign(twin, { text, entities, editedAt });
      this.#publish(this.mailbox(twin.ownerId), { kind: "edit", message: twin });
    }
    return update;
  }

  /**
   * Marks what the reader got from the peer as read, up to the reader's id `uptoId`. Answers the change in the reader's
   * mailbox, `undefined` when all of it had been read. The writer hears of it through the receipt post.
   */
  read(readerId: number, peerId: number, uptoId: number, origin?: object): LoggedUpdate | undefined {
    const mailbox = this.mailbox(readerId);
    const dialog = mailbox.dialog(peerId);
    const readAt = Date.now();
    let last: StoredMessage | undefined;
    for (const id of newerThan(dialog.messageIds, dialog.readInboxMaxId)) {
      if (id > uptoId) break;
      const message = mailbox.messages.get(id);
      if (message === undefined || message.out) continue;
      message.readAt = readAt;
      dialog.unread -= 1;
      last = message;
    }
    if (last === undefined) return undefined;
    dialog.readInboxMaxId = last.id;
    const { twin } = last;
    if (twin !== undefined) this.#postReceipt(readerId, () => this.#acknowledge(twin, readAt));
    return this.#publish(mailbox, { kind: "read-inbox", peerId, maxId: last.id, stillUnread: dialog.unread }, origin);
  }

  type(fromId: number, toId: number): void {
    for (const observer of this.#observers) observer.onTyping(fromId, toId);
    this.#watchers.get(toId)?.onTyping(fromId, toId);
  }

  /** Tells the writer that everything up to this message has been read. */
  #acknowledge(written: StoredMessage, readAt: number): void {
    const mailbox = this.mailbox(written.ownerId);
    const dialog = mailbox.dialog(written.peerId);
    for (const id of newerThan(dialog.messageIds, dialog.readOutboxMaxId)) {
      if (id > written.id) break;
      const message = mailbox.messages.get(id);
      if (message?.out === true) message.readAt ??= readAt;
    }
    dialog.readOutboxMaxId = Math.max(dialog.readOutboxMaxId, written.id);
    // Bots are not told who read them.
    if (this.person(written.ownerId).kind === "bot") return;
    this.#publish(mailbox, { kind: "read-outbox", peerId: written.peerId, maxId: written.id });
  }

  #publish(mailbox: Mailbox, update: Parameters<Mailbox["log"]>[0], origin?: object): LoggedUpdate {
    const logged = mailbox.log(update);
    for (const observer of this.#observers) observer.onUpdate(mailbox.ownerId, logged, origin);
    this.#watchers.get(mailbox.ownerId)?.onUpdate(mailbox.ownerId, logged, origin);
    return logged;
  }
}

function copyOf(draft: NewMessage, owner: Mailbox, replyTo: number | undefined): StoredMessage {
  const out = owner.ownerId === draft.fromId;
  return {
    id: owner.nextMessageId(),
    ownerId: owner.ownerId,
    peerId: out ? draft.toId : draft.fromId,
    out,
    sentAt: Date.now(),
    text: draft.text,
    entities: draft.entities ?? [],
    media: draft.media,
    replyTo,
    randomId: draft.randomId,
    writtenUnder: out ? draft.writtenUnder : undefined,
    editedAt: undefined,
    readAt: undefined,
    twin: undefined,
  };
}

function digits(phone: string): string {
  return phone.replaceAll(/\D/g, "");
}
