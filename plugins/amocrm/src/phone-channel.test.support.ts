import { definePlugin } from "@crmessenger/kernel";
import {
  type Channel,
  type ChannelHost,
  type ChannelProvider,
  ChannelRegistry,
  type InboundMessage,
  type InboundReceipt,
  type LoginFlow,
  type MessagePart,
  type OutboundMessage,
  type SendResult,
} from "@crmessenger/kernel/communication";
import { CrmError } from "@crmessenger/kernel";
import { z } from "zod";

const MEDIA = { maxBytes: 1024 * 1024 };

/** A channel with phones at its other end, driven by a test. */
export class PhoneChannel implements ChannelProvider {
  readonly type = "phone";
  readonly loginMethods: readonly string[] = [];
  readonly settings = z.looseObject({}) as unknown as ChannelProvider["settings"];
  readonly capabilities = {
    maxTextLength: 4096,
    maxCaptionLength: 1024,
    media: { image: MEDIA, document: MEDIA, voice: MEDIA, audio: MEDIA, video: MEDIA, sticker: MEDIA },
    replies: true,
    deliveryReceipts: true,
    readReceipts: true,
    writeFirst: true,
  };
  /** What reached the phones, in order. */
  readonly arrived: OutboundMessage[] = [];
  host: ChannelHost | undefined;
  answer: (message: OutboundMessage) => SendResult = (message) => accepted(message.id);
  #received = 0;

  open(host: ChannelHost): Channel {
    this.host = host;
    return {
      connect: async () => host.changeState({ status: "connected", reason: "" }),
      disconnect: async () => {},
      state: () => ({ status: "connected", reason: "" }),
      send: async (message) => {
        this.arrived.push(message);
        return this.answer(message);
      },
    };
  }

  async login(): Promise<LoginFlow> {
    throw new CrmError("CRM_CHANNEL_LOGIN_METHOD", "Phones need no login.", { status: 422 });
  }

  async logout(): Promise<void> {}

  /** Somebody writes. `person` is who; their phone number is known when it is one. */
  write(person: string, text: string, change: Partial<InboundMessage> = {}): Promise<InboundReceipt> {
    return this.writeParts(person, [{ type: "text", text }], change);
  }

  writeParts(
    person: string,
    parts: readonly MessagePart[],
    change: Partial<InboundMessage> = {},
  ): Promise<InboundReceipt> {
    if (this.host === undefined) throw new Error("The channel is not open yet.");
    this.#received += 1;
    const phone = person.startsWith("+") ? [{ kind: "phone", value: person, verified: true }] : [];
    return this.host.receive({
      channelAccountId: this.host.account.id,
      channelType: this.type,
      externalId: `in-${this.#received}`,
      conversationExternalId: `chat-${person}`,
      sender: {
        name: `Person ${person}`,
        identities: [{ kind: "phone-app", value: person, verified: true }, ...phone],
      },
      parts,
      sentAt: new Date().toISOString(),
      ...change,
    });
  }

  plugin() {
    return definePlugin({
      id: "phone-channel",
      version: "1.0.0",
      deps: { channels: ChannelRegistry },
      permissions: ["communication.message.receive"],
      boot: ({ channels }) => {
        channels.register(this);
        return {};
      },
    })();
  }
}

export function accepted(externalId: string): SendResult {
  return { outcome: "accepted", externalId, at: new Date().toISOString() };
}
