import type { proto } from "@whiskeysockets/baileys";
import { RecentMap } from "../auth/recent-map.ts";
import type { Quoted } from "./from-message.ts";

/** Messages remembered for quoting. */
const REMEMBERED = 1_000;

/**
 * Recent messages, to show in an answer what it answers. One that is not remembered is still referred to: the
 * customer's phone finds it by its id.
 */
export class Quotable {
  readonly #recent = new RecentMap<string, Quoted>(REMEMBERED);

  remember(id: string, author: string, message: proto.IMessage): void {
    this.#recent.set(id, { id, author, message: withoutContext(message) });
  }

  /** The message with this id; by default somebody answers what the other side wrote. */
  find(id: string, otherSide: string): Quoted {
    return this.#recent.get(id) ?? { id, author: otherSide, message: { conversation: "" } };
  }
}

/** A quotation does not carry the quotation inside it. */
function withoutContext(message: proto.IMessage): proto.IMessage {
  const { text } = message.extendedTextMessage ?? {};
  return typeof text === "string" ? { conversation: text } : message;
}
