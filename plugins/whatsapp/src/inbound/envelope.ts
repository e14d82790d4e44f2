import { decodeMessageNode } from "@whiskeysockets/baileys";
import { isLid, isPhoneAddress, personOf } from "../jid.ts";
import type { InboxRow } from "./inbox-row.ts";

/** Who wrote, from where, and when, as far as the stanza says. */
export interface Envelope {
  readonly id: string;
  /** The LID address, when the stanza or the caller's look-up knows it. */
  readonly lid: string | undefined;
  /** The address made of the phone number, likewise. */
  readonly phoneAddress: string | undefined;
  /** The name the sender shows to others. */
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly sentAt: number;
}

/** Reads the attributes of a message stanza. Throws when they name no message or no sender. */
export function readEnvelope(row: InboxRow, now: number): Envelope {
  const { fullMessage } = decodeMessageNode({ tag: "message", attrs: { ...row.attrs } }, "", "");
  const addresses = [fullMessage.key.remoteJid, fullMessage.key.remoteJidAlt].map((jid) => personOf(jid ?? ""));
  const seconds = Number(row.attrs["t"]);
  return {
    id: fullMessage.key.id ?? "",
    lid: addresses.find((jid) => isLid(jid)),
    phoneAddress: addresses.find((jid) => isPhoneAddress(jid)),
    name: row.attrs["notify"] ?? "",
    sentAt: Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : now,
  };
}
