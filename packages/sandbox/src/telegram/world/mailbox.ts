import type { LoggedUpdate, NewUpdate } from "./logged-update.ts";
import type { StoredMessage } from "./stored-message.ts";

/** One chat, as one side sees it. Ids are the owner's. */
export interface Dialog {
  readonly peerId: number;
  /** Ascending. */
  readonly messageIds: number[];
  readInboxMaxId: number;
  readOutboxMaxId: number;
  unread: number;
}

/** What the data centre keeps for one user: messages, chats, and the numbered log of changes (pts). */
export class Mailbox {
  readonly ownerId: number;
  readonly messages = new Map<number, StoredMessage>();
  readonly dialogs = new Map<number, Dialog>();
  readonly byRandomId = new Map<string, StoredMessage>();
  readonly #keptUpdates: number;
  #log: LoggedUpdate[] = [];
  #lastMessageId = 0;
  #pts = 1;

  /** `keptUpdates`: how many updates can have been missed and still be got one by one. */
  constructor(ownerId: number, keptUpdates: number) {
    this.ownerId = ownerId;
    this.#keptUpdates = keptUpdates;
  }

  /** The number of the latest change (https://core.telegram.org/api/updates). */
  get pts(): number {
    return this.#pts;
  }

  nextMessageId(): number {
    this.#lastMessageId += 1;
    return this.#lastMessageId;
  }

  dialog(peerId: number): Dialog {
    const existing = this.dialogs.get(peerId);
    if (existing !== undefined) return existing;
    const dialog: Dialog = { peerId, messageIds: [], readInboxMaxId: 0, readOutboxMaxId: 0, unread: 0 };
    this.dialogs.set(peerId, dialog);
    return dialog;
  }

  /** Files a message under its chat. */
  store(message: StoredMessage): void {
    this.messages.set(message.id, message);
    const dialog = this.dialog(message.peerId);
    dialog.messageIds.push(message.id);
    if (!message.out) dialog.unread += 1;
    if (message.out && message.randomId !== undefined) this.byRandomId.set(message.randomId, message);
  }

  /** Numbers a change and keeps it for those who are not connected. */
  log(update: NewUpdate): LoggedUpdate {
    this.#pts += 1;
    const logged = { ...update, pts: this.#pts, ptsCount: 1 };
    this.#log.push(logged);
    // In steps: cutting off one at a time would copy the log for each update.
    if (this.#log.length > this.#keptUpdates * 1.25) this.#log = this.#log.slice(-this.#keptUpdates);
    return logged;
  }

  /** The changes after `pts`, at most `limit`; `undefined` when they reach back further than the log. */
  since(pts: number, limit: number): LoggedUpdate[] | undefined {
    // Each change has the next number, so the position follows from it.
    const start = this.#log.length - (this.#pts - pts);
    if (start < 0) return undefined;
    return this.#log.slice(start, start + limit);
  }
}
