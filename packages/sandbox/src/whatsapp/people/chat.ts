import type { PhoneMessage } from "../content/phone-message.ts";
import type { CompanionDevice } from "../devices/companion-device.ts";

/** One phone's side of a conversation, in the order the phone shows it. */
export class Chat {
  readonly #messages: PhoneMessage[] = [];
  readonly #byId = new Map<string, PhoneMessage>();
  readonly #senders = new Map<PhoneMessage, CompanionDevice>();

  get messages(): readonly PhoneMessage[] {
    return this.#messages;
  }

  /** Keeps a message; `sender` is the linked device it came from, where its receipts go. */
  add(message: PhoneMessage, sender?: CompanionDevice): void {
    this.#messages.push(message);
    this.#byId.set(message.id, message);
    if (sender) this.#senders.set(message, sender);
  }

  get(id: string): PhoneMessage | undefined {
    return this.#byId.get(id);
  }

  senderOf(message: PhoneMessage): CompanionDevice | undefined {
    return this.#senders.get(message);
  }

  /** Received messages nobody has opened yet. */
  unread(): PhoneMessage[] {
    return this.#messages.filter((message) => message.direction === "received" && message.readAt === undefined);
  }
}
