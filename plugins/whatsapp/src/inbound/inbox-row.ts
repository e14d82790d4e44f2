import { normalizeMessageContent, proto, unpadRandomMax16, type BinaryNode } from "@whiskeysockets/baileys";
import { z } from "zod";
import { userOf } from "../jid.ts";

/** A decrypted message on its way to the kernel: what the stanza said of it, and its content. */
export interface InboxRow {
  /** The attributes of the `<message>` stanza. */
  readonly attrs: Readonly<Record<string, string>>;
  /** The encoded `Message`, base64; empty when the plaintext could not be unpadded. */
  readonly message: string;
}

const rowSchema = z.object({ attrs: z.record(z.string(), z.string()), message: z.base64() });

/** Reads a stored row. Throws when it is none. */
export function parseInboxRow(stored: unknown): InboxRow {
  return rowSchema.parse(stored);
}

/** The content of a row; undefined when it is no WhatsApp message. */
export function rowMessage(row: InboxRow): proto.Message | undefined {
  return parse(Buffer.from(row.message, "base64"));
}

/**
 * The rows that a decrypted stanza has to leave behind, if any: a customer's message as it is, and messages the phone
 * hands over later because they came without content. What the account's own devices tell each other leaves none.
 */
export function rowsOf(stanza: BinaryNode, padded: Uint8Array, ownUsers: ReadonlySet<string>): InboxRow[] {
  const bytes = unpad(padded);
  const message = bytes && parse(bytes);
  const protocol = normalizeMessageContent(message)?.protocolMessage;
  if (protocol && !isAboutContent(protocol)) return handedOver(protocol);
  const { from = "", recipient } = stanza.attrs;
  if (recipient !== undefined || ownUsers.has(userOf(from))) return [];
  const carriesOnlyKeys = message && Object.keys(message).every((field) => PLUMBING.has(field));
  if (carriesOnlyKeys && Object.keys(message).length > 0) return [];
  return [{ attrs: { ...stanza.attrs }, message: Buffer.from(bytes ?? []).toString("base64") }];
}

/** Fields that serve the protocol and show nothing. */
const PLUMBING = new Set(["senderKeyDistributionMessage", "messageContextInfo"]);

/** A customer edits or deletes a message: all other protocol messages concern devices, not people. */
function isAboutContent({ type, key }: proto.Message.IProtocolMessage): boolean {
  const { MESSAGE_EDIT, REVOKE } = proto.Message.ProtocolMessage.Type;
  return type === MESSAGE_EDIT || (type === REVOKE && Boolean(key?.id));
}

/** The phone answers a request for messages that reached this device without content (`<unavailable>`). */
function handedOver(message: proto.Message.IProtocolMessage): InboxRow[] {
  const results = message.peerDataOperationRequestResponseMessage?.peerDataOperationResult ?? [];
  return results.flatMap((result) => {
    const bytes = result.placeholderMessageResendResponse?.webMessageInfoBytes;
    if (!bytes) return [];
    const info = proto.WebMessageInfo.decode(bytes);
    const { remoteJid, id, fromMe } = info.key ?? {};
    if (!remoteJid || !id || fromMe || !info.message) return [];
    const attrs = { from: remoteJid, id, t: String(info.messageTimestamp ?? ""), notify: info.pushName ?? "" };
    return [{ attrs, message: Buffer.from(proto.Message.encode(info.message).finish()).toString("base64") }];
  });
}

/** The content of `<enc>` elements: what decryption is called with, and so what leads back to the stanza. */
export function ciphertextsOf(stanza: BinaryNode): Uint8Array[] {
  if (!Array.isArray(stanza.content)) return [];
  return stanza.content.flatMap(({ tag, content }) =>
    tag === "enc" && content instanceof Uint8Array ? [content] : [],
  );
}

function unpad(padded: Uint8Array): Uint8Array | undefined {
  try {
    return unpadRandomMax16(padded);
  } catch {
    // Kept all the same: it is shown as unreadable rather than lost.
    return undefined;
  }
}

function parse(bytes: Uint8Array): proto.Message | undefined {
  try {
    return proto.Message.decode(bytes);
  } catch {
    return undefined;
  }
}
