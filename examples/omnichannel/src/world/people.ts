import type { TelegramCustomer } from "@crmessenger/sandbox/telegram";
import type { Customer } from "@crmessenger/sandbox/whatsapp";
import { createHash } from "node:crypto";
import type { ChannelName, MediaFile, Utterance } from "../conversations/conversation.ts";
import { fingerprint } from "../report/compare-sequence.ts";
import type { World } from "./start-world.ts";

/** A customer's phone, whatever messenger is on it. */
export interface Phone {
  /** Writes to the business. Answers the id that the business sees, and when it was sent. */
  send(utterance: Utterance): Promise<{ readonly externalId: string; readonly sentAt: number }>;
  /** The chat as the phone shows it, both sides. */
  fingerprints(): readonly string[];
  /** How many messages of the business it holds. */
  received(): number;
}

const NAMES = [
  "Anna",
  "Boris",
  "Clara",
  "Dmitry",
  "Elena",
  "Farid",
  "Galina",
  "Hugo",
  "Irina",
  "Jonas",
  "Kira",
  "Leonid",
  "Mila",
  "Nikita",
  "Olga",
  "Pavel",
];

/** The customers. Somebody on both messengers has one number, by which the CRM can tell that it is one person. */
export class People {
  readonly #world: World;
  readonly #numbers = new Map<string, { readonly phone: string; readonly name: string }>();
  readonly #phones = new Map<string, Phone>();

  constructor(world: World) {
    this.#world = world;
  }

  get count(): number {
    return this.#numbers.size;
  }

  phone(person: string, channel: ChannelName): Phone {
    const key = `${channel}/${person}`;
    const known = this.#phones.get(key);
    if (known) return known;
    const identity = this.#identity(person);
    const phone = channel === "telegram" ? telegramPhone(this.#world, identity) : whatsappPhone(this.#world, identity);
    this.#phones.set(key, phone);
    return phone;
  }

  #identity(person: string): { phone: string; name: string } {
    const known = this.#numbers.get(person);
    if (known) return known;
    const index = this.#numbers.size;
    const identity = {
      phone: `+7900${String(1_000_000 + index)}`,
      name: `${NAMES[index % NAMES.length]} ${index + 1}`,
    };
    this.#numbers.set(person, identity);
    return identity;
  }
}

function telegramPhone(world: World, { phone, name }: { phone: string; name: string }): Phone {
  const customer: TelegramCustomer = world.telegram.addCustomer({ firstName: name, phone, autoRead: true });
  return {
    async send({ text, media }) {
      const sent = await customer.send(world.telegramPhone, {
        text,
        ...(media === undefined ? {} : { media: telegramMedia(media) }),
      });
      return { externalId: String(sent.peerMessageId), sentAt: sent.sentAt };
    },
    fingerprints: () =>
      customer
        .inbox(world.telegramPhone)
        .map(({ direction, text, media }) =>
          fingerprint(direction === "out" ? "in" : "out", text, media && hash(media.bytes)),
        ),
    received: () => customer.inbox(world.telegramPhone).filter(({ direction }) => direction === "in").length,
  };
}

function whatsappPhone(world: World, { phone, name }: { phone: string; name: string }): Phone {
  const customer: Customer = world.whatsapp.addCustomer({ phone, name, autoRead: true });
  return {
    async send({ text, media }) {
      const sent = await customer.send(world.whatsappPhone, {
        text,
        ...(media === undefined ? {} : { media: whatsappMedia(media) }),
      });
      return { externalId: sent.id, sentAt: sent.sentAt };
    },
    fingerprints: () =>
      customer
        .inbox(world.whatsappPhone)
        .map(({ direction, text, media }) =>
          fingerprint(direction === "sent" ? "in" : "out", text, media && hash(media.read())),
        ),
    received: () => customer.inbox(world.whatsappPhone).filter(({ direction }) => direction === "received").length,
  };
}

function telegramMedia({ bytes, mimeType, name }: MediaFile) {
  return {
    bytes,
    mimeType,
    fileName: name,
    kind: mimeType.startsWith("image/") ? ("photo" as const) : ("document" as const),
  };
}

function whatsappMedia({ bytes, mimeType, name }: MediaFile) {
  return {
    bytes,
    mimeType,
    fileName: name,
    kind: mimeType.startsWith("image/") ? ("image" as const) : ("document" as const),
  };
}

function hash(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
