import { normalizeMessageContent, type BinaryNode, type proto } from "@whiskeysockets/baileys";
import { bundleContent, registrationNode, type KeyBundle } from "../signal/key-bundle.ts";
import type { Sealed } from "../signal/signal-peer.ts";
import type { Person } from "./person.ts";

/** What every message stanza says of itself. */
export interface Envelope {
  readonly id: string;
  readonly sentAt: number;
  readonly message: proto.IMessage;
  readonly sealed: Sealed;
  /** How many times the receiver asked for this message again. */
  readonly retry?: number;
}

/** A customer's message to a linked device. Without the number when the customer keeps it to themselves. */
export function customerMessage(from: Person, envelope: Envelope, hidePhone: boolean): BinaryNode {
  const alternate = hidePhone ? {} : { sender_pn: from.phoneAddress };
  return messageStanza({ from: from.lid, ...alternate, notify: from.name }, envelope);
}

/** A copy, for another of the account's devices, of what one of its devices wrote to someone. */
export function ownMessageCopy(from: { address: string; name: string }, to: Person, envelope: Envelope): BinaryNode {
  const attrs = { from: from.address, recipient: to.lid, peer_recipient_pn: to.phoneAddress, notify: from.name };
  return messageStanza(attrs, envelope);
}

/** Delivered (no type) or read; the first id is the stanza's own, the others are listed. */
export function receiptStanza(from: Person, ids: readonly string[], type?: "read"): BinaryNode {
  const [first = "", ...others] = ids;
  const items = others.map((id) => ({ tag: "item", attrs: { id } }));
  return {
    tag: "receipt",
    attrs: { from: from.lid, id: first, t: seconds(Date.now()), ...(type ? { type } : {}) },
    ...(items.length > 0 ? { content: [{ tag: "list", attrs: {}, content: items }] } : {}),
  };
}

/** Asks the sender for a message again, with a bundle to start a new session from. */
export function retryStanza(from: Person, id: string, retry: { count: number; bundle: KeyBundle }): BinaryNode {
  const t = seconds(Date.now());
  return {
    tag: "receipt",
    attrs: { from: from.lid, id, t, type: "retry" },
    content: [
      { tag: "retry", attrs: { count: String(retry.count), id, t, v: "1" } },
      registrationNode(retry.bundle.registrationId),
      { tag: "keys", attrs: {}, content: bundleContent(retry.bundle) },
    ],
  };
}

function messageStanza(attrs: Record<string, string>, envelope: Envelope): BinaryNode {
  const { id, sentAt, message, sealed, retry } = envelope;
  const count = retry === undefined ? {} : { count: String(retry) };
  return {
    tag: "message",
    attrs: { ...attrs, addressing_mode: "lid", type: stanzaType(message), id, t: seconds(sentAt) },
    content: [{ tag: "enc", attrs: { v: "2", type: sealed.type, ...count }, content: sealed.ciphertext }],
  };
}

function stanzaType(message: proto.IMessage): string {
  const content = normalizeMessageContent(message) ?? message;
  return content.conversation != null || content.extendedTextMessage ? "text" : "media";
}

function seconds(time: number): string {
  return String(Math.floor(time / 1000));
}
