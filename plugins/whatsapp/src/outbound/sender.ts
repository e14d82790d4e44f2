import type { proto, WASocket } from "@whiskeysockets/baileys";
import { CrmError, isCrmError } from "@crmessenger/kernel";
import type { OutboundMessage, SendResult } from "@crmessenger/kernel/communication";
import type { Clock, Storage } from "@crmessenger/kernel/infrastructure";
import type { WhatsAppConnection } from "../connection/whatsapp-connection.ts";
import { addressOf, isLid, personOf } from "../jid.ts";
import { outboundContent, toProto, type UploadedFile } from "./from-message.ts";
import { messageId } from "./message-id.ts";
import type { Quotable } from "./quotable.ts";
import { sendOutcome } from "./send-outcome.ts";
import type { SentMessages } from "./sent-messages.ts";
import type { ServerAck } from "./server-acks.ts";
import { upload } from "./upload.ts";

/** A server that has not answered for this long has lost the message or its answer. */
const ACK_TIMEOUT_MS = 10_000;
/** The server takes the keys it was given for those of a device that is gone. */
const STALE_KEYS = 479;

/** What sending over a connection needs. */
export interface SenderParts {
  readonly connection: WhatsAppConnection;
  readonly sent: SentMessages;
  readonly quotable: Quotable;
  readonly storage: Storage;
  readonly clock: Clock;
}

/** Sends messages over one connection. */
export class Sender {
  readonly #parts: SenderParts;
  readonly #staleKeys = new Set<string>();

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  /** Resolves with the server's word. Rejects when it did not come: the message may or may not have arrived. */
  async send(message: OutboundMessage, idempotencyKey: string): Promise<SendResult> {
    const address = addressOf(message.conversationExternalId);
    if (!address)
      return rejected(`"${message.conversationExternalId}" is neither a WhatsApp address nor a phone number.`);
    const content = outboundContent(message);
    if (!content) return rejected("WhatsApp has no form for this message; send a text, or one file with a text.");
    const { connection, storage, quotable, sent, clock } = this.#parts;
    const to = await recipient(address, connection.socket);
    if (!to) return rejected("The recipient is not on WhatsApp.");
    const uploaded = content.media && (await uploadOrNothing(content.media, storage, connection.socket));
    if (uploaded === "no such file") return rejected("The file is no longer in storage.");
    const { replyToExternalId } = message;
    const quoted = replyToExternalId === undefined ? undefined : quotable.find(replyToExternalId, to);
    const envelope = toProto(content, uploaded, quoted);
    const id = messageId(idempotencyKey);
    // Written with the ratchet, which is committed before the message leaves; a failure of both ends the connection.
    sent.remember(id, envelope, clock.now()).catch(() => undefined);
    const ack = await this.#relay(to, id, envelope);
    if (ack.accepted) quotable.remember(id, connection.ownAddress, envelope);
    else if (ack.code === STALE_KEYS) this.#staleKeys.add(to);
    return sendOutcome(id, ack);
  }

  async #relay(to: string, id: string, proto: proto.IMessage): Promise<ServerAck> {
    const { connection, clock } = this.#parts;
    const giveUp = new AbortController();
    const answered = connection.acks.waitFor(id, AbortSignal.any([connection.signal, giveUp.signal]));
    // Whatever comes of it is looked at below, or no longer matters once the message could not be handed over.
    answered.catch(() => undefined);
    let cancelTimeout = (): void => undefined;
    try {
      const useUserDevicesCache = !this.#staleKeys.delete(to);
      await connection.socket.relayMessage(to, proto, { messageId: id, useUserDevicesCache });
      const late = new Error(`The server has not answered for ${ACK_TIMEOUT_MS} ms.`);
      cancelTimeout = clock.schedule(ACK_TIMEOUT_MS, () => giveUp.abort(late));
      return await answered;
    } catch (cause) {
      giveUp.abort(cause);
      throw outcomeUnknown(cause);
    } finally {
      cancelTimeout();
    }
  }
}

function outcomeUnknown(cause: unknown): CrmError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `It is not known whether WhatsApp took the message: ${reason}`;
  return new CrmError("CRM_WHATSAPP_OUTCOME_UNKNOWN", message, { status: 503, retryable: true, cause });
}

async function uploadOrNothing(
  ...[media, storage, socket]: Parameters<typeof upload>
): Promise<UploadedFile | "no such file"> {
  try {
    return await upload(media, storage, socket);
  } catch (error) {
    if (isCrmError(error, "CRM_STORAGE_NOT_FOUND")) return "no such file";
    throw error;
  }
}

/** The LID of a phone number where there is one; undefined when nobody has that number on WhatsApp. */
async function recipient(address: string, socket: WASocket): Promise<string | undefined> {
  if (isLid(address)) return address;
  const lid = await socket.signalRepository.lidMapping.getLIDForPN(address);
  if (lid) return personOf(lid);
  const [found] = (await socket.onWhatsApp(address)) ?? [];
  return found?.exists ? address : undefined;
}

function rejected(reason: string): SendResult {
  return { outcome: "rejected", reason };
}
