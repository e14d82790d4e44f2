import { EventEmitter } from "node:events";
import type { FileStore } from "../world/file-store.ts";
import type { LoggedUpdate } from "../world/logged-update.ts";
import { newerThan } from "../world/newer-than.ts";
import type { Person } from "../world/person.ts";
import type { StoredMessage } from "../world/stored-message.ts";
import type { World } from "../world/world.ts";
import { storeMedia } from "./media.ts";
import { toTelegramMessage, type OutgoingMessage, type SentMessage, type TelegramMessage } from "./telegram-message.ts";

const DEFAULT_DEADLINE_MS = 10_000;

/** Somebody's user id; every person of the sandbox has one. */
export interface HasUserId {
  readonly id: number;
}

/** How to wait for a message. */
export interface WaitOptions {
  /** Give up after so many milliseconds; 10 000 when not set. */
  readonly deadlineMs?: number;
  /** Whose messages count: those received (when not set), those written, or all. */
  readonly direction?: "in" | "out" | "any";
}

/** What a person's phone makes known. Listeners run at once, one after the other. */
export type PersonEvents = {
  /** A message arrived, or was written on another device of this person. */
  readonly message: [TelegramMessage];
  readonly edited: [TelegramMessage];
  /** The other side read this message, which this person wrote. */
  readonly read: [TelegramMessage];
  /** The user with this id is typing to this person. */
  readonly typing: [userId: number];
};

interface Waiter {
  readonly direction: "in" | "out" | "any";
  readonly predicate: (message: TelegramMessage) => boolean;
  readonly resolve: (message: TelegramMessage) => void;
}

/** A person with a phone: writes, receives, reads. */
export class TelegramPerson extends EventEmitter<PersonEvents> {
  readonly id: number;
  readonly firstName: string;
  readonly lastName: string | undefined;
  readonly username: string | undefined;
  /** E.164. */
  readonly phone: string | undefined;
  protected readonly world: World;
  readonly #files: FileStore;
  readonly #waiters = new Set<Waiter>();
  readonly #knownRead = new Map<number, number>();

  constructor(person: Person, world: World, files: FileStore) {
    super();
    this.id = person.id;
    this.firstName = person.firstName;
    this.lastName = person.lastName;
    this.username = person.username;
    this.phone = person.phone;
    this.world = world;
    this.#files = files;
    world.watch(person.id, {
      onUpdate: (_ownerId, update) => this.#notice(update),
      onTyping: (fromId) => this.emit("typing", fromId),
    });
  }

  /** Writes from the phone. Rejects for an empty text without a file and for a `replyTo` that is not in this chat. */
  async send(to: HasUserId, message: OutgoingMessage): Promise<SentMessage> {
    if (message.text === "" && message.media === undefined) throw new Error("Telegram does not send empty messages.");
    const { replyTo } = message;
    if (replyTo !== undefined && this.#mailbox.messages.get(replyTo)?.peerId !== to.id)
      throw new Error(`There is no message ${replyTo} in this chat to reply to.`);
    const media =
      message.media === undefined
        ? undefined
        : storeMedia(this.#files, message.media, this.world.person(this.id).homeDc);
    const sent = this.world.deliver({ fromId: this.id, toId: to.id, text: message.text, media, replyTo });
    return {
      id: sent.message.id,
      peerMessageId: sent.message.twin?.id ?? sent.message.id,
      sentAt: sent.message.sentAt,
    };
  }

  /** Changes a message written before. Rejects for one that this person did not write. */
  async edit(id: number, text: string): Promise<void> {
    const message = this.#mailbox.messages.get(id);
    if (message?.out !== true) throw new Error(`${this.firstName} wrote no message ${id}.`);
    this.world.edit(message, text, []);
  }

  /** Reads what the other side wrote, all of it or up to a message (this side's id), and lets it know. */
  read(peer: HasUserId, uptoId = Number.MAX_SAFE_INTEGER): void {
    this.world.read(this.id, peer.id, uptoId);
  }

  /** Shows the other side that this person is typing. */
  type(peer: HasUserId): void {
    this.world.type(this.id, peer.id);
  }

  /** The chat with the other side as this person's phone holds it, oldest first. */
  inbox(peer: HasUserId): TelegramMessage[] {
    const { messages, dialogs } = this.#mailbox;
    const ids = dialogs.get(peer.id)?.messageIds ?? [];
    return ids.flatMap((id) => {
      const message = messages.get(id);
      return message === undefined ? [] : [toTelegramMessage(message)];
    });
  }

  /**
   * The first message, held or still to come, that fits. It is looked at when it arrives, is edited and is read.
   * Rejects after the deadline.
   */
  waitFor(predicate: (message: TelegramMessage) => boolean, options: WaitOptions = {}): Promise<TelegramMessage> {
    const { deadlineMs = DEFAULT_DEADLINE_MS, direction = "in" } = options;
    for (const stored of this.#mailbox.messages.values()) {
      if (direction !== "any" && stored.out !== (direction === "out")) continue;
      const message = toTelegramMessage(stored);
      if (predicate(message)) return Promise.resolve(message);
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        direction,
        predicate,
        resolve: (message) => {
          clearTimeout(timer);
          this.#waiters.delete(waiter);
          resolve(message);
        },
      };
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        reject(new Error(`No message that ${this.firstName} waited for came within ${deadlineMs} ms.`));
      }, deadlineMs);
      this.#waiters.add(waiter);
    });
  }

  get #mailbox() {
    return this.world.mailbox(this.id);
  }

  #notice(update: LoggedUpdate): void {
    switch (update.kind) {
      case "message":
        this.#tell("message", update.message);
        return;
      case "edit":
        this.#tell("edited", update.message);
        return;
      case "read-outbox":
        this.#noticeRead(update.peerId, update.maxId);
        return;
      case "read-inbox":
    }
  }

  #noticeRead(peerId: number, maxId: number): void {
    const { dialogs, messages } = this.#mailbox;
    const known = this.#knownRead.get(peerId) ?? 0;
    this.#knownRead.set(peerId, Math.max(known, maxId));
    for (const id of newerThan(dialogs.get(peerId)?.messageIds ?? [], known)) {
      const message = messages.get(id);
      if (id > maxId) return;
      if (message?.out === true) this.#tell("read", message);
    }
  }

  #tell(event: "message" | "edited" | "read", stored: StoredMessage): void {
    const message = toTelegramMessage(stored);
    this.emit(event, message);
    for (const { direction, predicate, resolve } of this.#waiters) {
      if ((direction === "any" || direction === message.direction) && predicate(message)) resolve(message);
    }
  }
}
