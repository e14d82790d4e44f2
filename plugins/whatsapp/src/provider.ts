import type {
  Channel,
  ChannelCapabilities,
  ChannelHost,
  ChannelProvider,
  LoginFlow,
} from "@crmessenger/kernel/communication";
import { CrmError } from "@crmessenger/kernel";
import { z } from "zod";
import { CHANNEL_TYPE } from "./channel-type.ts";
import { accountSecrets } from "./auth/account-secrets.ts";
import { WhatsAppChannel } from "./channel.ts";
import type { ChannelParts } from "./channel-parts.ts";
import { QrLogin } from "./login/qr-login.ts";

const MEBIBYTE = 1024 * 1024;
const LOGIN_METHODS = ["qr"] as const;

/** What WhatsApp's own clients allow. */
const capabilities: ChannelCapabilities = {
  maxTextLength: 65_536,
  maxCaptionLength: 1_024,
  media: {
    image: { maxBytes: 16 * MEBIBYTE },
    video: { maxBytes: 64 * MEBIBYTE },
    audio: { maxBytes: 16 * MEBIBYTE },
    voice: { maxBytes: 16 * MEBIBYTE },
    document: { maxBytes: 2_048 * MEBIBYTE },
    sticker: { maxBytes: MEBIBYTE },
  },
  replies: true,
  deliveryReceipts: true,
  readReceipts: true,
  writeFirst: true,
};

/** WhatsApp accounts, each run as a linked device of a phone. */
export class WhatsAppProvider implements ChannelProvider {
  readonly type = CHANNEL_TYPE;
  readonly capabilities = capabilities;
  readonly settings = z.strictObject({});
  readonly loginMethods = LOGIN_METHODS;
  readonly #parts: ChannelParts;
  /** The channel that was opened last for an account: it can log the account out over the connection it has. */
  readonly #channels = new Map<string, WhatsAppChannel>();

  constructor(parts: ChannelParts) {
    this.#parts = parts;
  }

  open(host: ChannelHost): Channel {
    const channel = new WhatsAppChannel(host, this.#parts);
    this.#channels.set(host.account.id, channel);
    return channel;
  }

  async login(host: ChannelHost, method: string): Promise<LoginFlow> {
    if (method !== "qr") throw unknownMethod(method);
    const { endpoint, secrets, clock } = this.#parts;
    return new QrLogin({ host, endpoint, secrets: accountSecrets(secrets, host.account), clock }).start();
  }

  async logout(host: ChannelHost): Promise<void> {
    const running = this.#channels.get(host.account.id);
    if (running?.state().status === "connected") return running.logout();
    await running?.disconnect();
    const channel = new WhatsAppChannel(host, this.#parts);
    await channel.connect();
    await channel.logout();
  }
}

function unknownMethod(method: string): CrmError {
  const message = `WhatsApp accounts can't log in by "${method}". Known ways: ${LOGIN_METHODS.join(", ")}.`;
  return new CrmError("CRM_CHANNEL_LOGIN_METHOD", message, { status: 422, details: { method, known: LOGIN_METHODS } });
}
