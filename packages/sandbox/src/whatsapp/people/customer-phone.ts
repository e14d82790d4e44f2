import { EventEmitter } from "node:events";
import { getBinaryNodeChild, type BinaryNode, type proto } from "@whiskeysockets/baileys";
import { fromProto } from "../content/from-proto.ts";
import type { OutgoingContent, PhoneMessage } from "../content/phone-message.ts";
import { toProto } from "../content/to-proto.ts";
import type { CompanionDevice } from "../devices/companion-device.ts";
import type { Faults } from "../faults/faults.ts";
import { Lane } from "../lane.ts";
import type { MediaHost } from "../media/media-host.ts";
import { readRetryBundle } from "../signal/key-bundle.ts";
import type { Sealed } from "../signal/signal-peer.ts";
import type { AccountPhone } from "./account-phone.ts";
import type { BusinessAccount } from "./account.ts";
import { Chat } from "./chat.ts";
import type { Customer, CustomerEvents, CustomerOptions, SentMessage } from "./customer.ts";
import { newMessageId } from "./message-id.ts";
import { Person } from "./person.ts";
import { customerMessage, receiptStanza, retryStanza } from "./stanzas.ts";

/** After so many attempts at one message a phone gives up asking for it, and a sender gives up repeating it. */
const MAX_RETRIES = 5;
const DEFAULT_DEADLINE_MS = 10_000;

/** What a phone needs of the world around it. */
export interface PhoneSurroundings {
  readonly mediaHost: MediaHost;
  readonly faults: Faults;
  /** The phone behind the account a caller holds. */
  phoneOf(account: BusinessAccount): AccountPhone;
}

/** An encrypted message on its way to the customer. */
export interface Incoming {
  readonly id: string;
  readonly account: AccountPhone;
  /** The linked device that sent it; undefined when the business wrote on its phone. */
  readonly device?: CompanionDevice;
  readonly sealed: Sealed;
}

/** A customer's phone: encrypts to each linked device of a business, decrypts what comes, keeps the chats. */
export class CustomerPhone extends EventEmitter<CustomerEvents> implements Customer {
  readonly person: Person;
  readonly #options: CustomerOptions;
  readonly #surroundings: PhoneSurroundings;
  readonly #chats = new Map<AccountPhone, Chat>();
  readonly #met = new WeakSet<CompanionDevice>();
  readonly #askedAgain = new Map<string, number>();
  readonly #lane = new Lane();

  constructor(options: CustomerOptions, lidDigits: string, surroundings: PhoneSurroundings) {
    super();
    this.person = new Person(options, lidDigits);
    this.#options = options;
    this.#surroundings = surroundings;
  }

  get phone(): string {
    return this.person.phone;
  }

  get name(): string {
    return this.person.name;
  }

  get lid(): string {
    return this.person.lid;
  }

  send(account: BusinessAccount, content: OutgoingContent): Promise<SentMessage> {
    const sentAt = Date.now();
    const business = this.#surroundings.phoneOf(account);
    return this.#lane.run(async () => {
      const chat = this.#chat(business);
      const quoted = content.replyTo === undefined ? undefined : chat.get(content.replyTo);
      if (content.replyTo !== undefined && !quoted) {
        throw new Error(`There is no message ${content.replyTo} in this chat to reply to.`);
      }
      const author = quoted?.direction === "sent" ? this.lid : business.lid;
      const raw = toProto(
        content,
        this.#surroundings.mediaHost,
        quoted && { id: quoted.id, author, message: quoted.raw },
      );
      const message: PhoneMessage = { id: newMessageId(), direction: "sent", at: sentAt, raw, ...this.#show(raw) };
      chat.add(message);
      for (const device of business.linkedDevices()) await this.#transmit(device, message);
      return { id: message.id, sentAt };
    });
  }

  inbox(account: BusinessAccount): PhoneMessage[] {
    return this.#chat(this.#surroundings.phoneOf(account)).messages.map((message) => ({ ...message }));
  }

  waitFor(
    predicate: (message: PhoneMessage, account: BusinessAccount) => boolean,
    options: { deadlineMs?: number } = {},
  ): Promise<PhoneMessage> {
    for (const [account, chat] of this.#chats) {
      const held = chat.messages.find((message) => predicate(message, account));
      if (held) return Promise.resolve(held);
    }
    const deadlineMs = options.deadlineMs ?? DEFAULT_DEADLINE_MS;
    return new Promise((resolve, reject) => {
      const listener = (message: PhoneMessage, account: BusinessAccount): void => {
        if (predicate(message, account)) settle(() => resolve(message));
      };
      const timer = setTimeout(() => {
        settle(() => reject(new Error(`${this.name} waited ${deadlineMs} ms for a message that did not come.`)));
      }, deadlineMs);
      const settle = (finish: () => void): void => {
        clearTimeout(timer);
        this.off("message", listener);
        finish();
      };
      this.on("message", listener);
    });
  }

  read(account: BusinessAccount): number {
    const business = this.#surroundings.phoneOf(account);
    const unread = this.#chat(business).unread();
    this.#markRead(business, unread);
    return unread.length;
  }

  /** Takes a message from the server. Resolves once it is in the chat, or was asked for again. */
  receive(incoming: Incoming): Promise<void> {
    return this.#lane.run(async () => {
      const { id, account, device } = incoming;
      const chat = this.#chat(account);
      if (chat.get(id)) return this.#confirm(device, id);
      const raw = await this.#open(incoming);
      if (!raw) return this.#askAgain(incoming);
      this.#askedAgain.delete(id);
      this.#confirm(device, id);
      if (raw.protocolMessage || raw.reactionMessage) return;
      const message: PhoneMessage = { id, direction: "received", at: Date.now(), raw, ...this.#show(raw) };
      chat.add(message, device);
      this.#tell("message", message, account);
      if (this.#options.autoRead) this.#markRead(account, [message]);
    });
  }

  /** A linked device confirmed messages, or read them. */
  confirmed(account: AccountPhone, ids: readonly string[], type: string | undefined): void {
    for (const id of ids) {
      const message = this.#chat(account).get(id);
      if (message?.direction !== "sent") continue;
      const now = Date.now();
      const before = `${message.deliveredAt}/${message.readAt}`;
      message.deliveredAt ??= now;
      if (type === "read") message.readAt ??= now;
      if (before !== `${message.deliveredAt}/${message.readAt}`) this.#tell("receipt", message, account);
    }
  }

  /** A linked device could not decrypt a message and asks for it again, perhaps with a bundle for a new session. */
  repeat(account: AccountPhone, device: CompanionDevice, receipt: BinaryNode): Promise<void> {
    return this.#lane.run(async () => {
      const count = Number(getBinaryNodeChild(receipt, "retry")?.attrs["count"] ?? 1);
      const message = this.#chat(account).get(receipt.attrs["id"] ?? "");
      if (message?.direction !== "sent" || count > MAX_RETRIES) return;
      const bundle = readRetryBundle(receipt);
      if (bundle) await this.person.signal.startSession(device.lidAddress, bundle);
      device.push(await this.#stanza(device, message, count));
    });
  }

  async #transmit(device: CompanionDevice, message: PhoneMessage): Promise<void> {
    const stanza = await this.#stanza(device, message);
    device.push(stanza);
    const repeat = this.#surroundings.faults.repeat();
    if (repeat === "same-stanza") device.repeat(stanza);
    if (repeat === "encrypted-again") device.push(await this.#stanza(device, message));
  }

  async #stanza(device: CompanionDevice, message: PhoneMessage, retry?: number): Promise<BinaryNode> {
    const { signal } = this.person;
    const address = device.lidAddress;
    if (!this.#met.has(device)) {
      if (!(await signal.hasSession(address))) await signal.startSession(address, device.takeBundle());
      this.#met.add(device);
    }
    const sealed = await signal.seal(address, message.raw);
    const { id, at: sentAt, raw } = message;
    const again = retry === undefined ? {} : { retry };
    return customerMessage(
      this.person,
      { id, sentAt, message: raw, sealed, ...again },
      this.#options.hidePhone ?? false,
    );
  }

  async #open({ account, device, sealed }: Incoming): Promise<proto.IMessage | undefined> {
    try {
      return await this.person.signal.open(device?.lidAddress ?? account.lid, sealed);
    } catch {
      // Whatever the reason, a phone answers an unreadable message by asking for it again.
      return undefined;
    }
  }

  #askAgain({ id, device }: Incoming): void {
    const count = (this.#askedAgain.get(id) ?? 0) + 1;
    if (count > MAX_RETRIES || !device) return;
    this.#askedAgain.set(id, count);
    device.push(retryStanza(this.person, id, { count, bundle: this.person.signal.issueBundle() }));
  }

  #confirm(device: CompanionDevice | undefined, id: string): void {
    if (device) this.#post(device, receiptStanza(this.person, [id]));
  }

  /** One receipt names all messages of a device, as a phone does when a chat is opened. */
  #markRead(account: AccountPhone, messages: readonly PhoneMessage[]): void {
    const chat = this.#chat(account);
    const bySender = Map.groupBy(messages, (message) => chat.senderOf(message));
    for (const [sender, read] of bySender) {
      for (const message of read) message.readAt = Date.now();
      const ids = read.map((message) => message.id);
      if (sender) this.#post(sender, receiptStanza(this.person, ids, "read"));
    }
  }

  #post(device: CompanionDevice, receipt: BinaryNode): void {
    this.#surroundings.faults.post(() => device.push(receipt));
  }

  /** Tells listeners after the fact: one that throws fails for itself, not for the phone. */
  #tell(event: keyof CustomerEvents, message: PhoneMessage, account: AccountPhone): void {
    queueMicrotask(() => this.emit(event, message, account));
  }

  #show(raw: proto.IMessage): ReturnType<typeof fromProto> {
    return fromProto(raw, this.#surroundings.mediaHost);
  }

  #chat(account: AccountPhone): Chat {
    const held = this.#chats.get(account);
    if (held) return held;
    const chat = new Chat();
    this.#chats.set(account, chat);
    return chat;
  }
}
