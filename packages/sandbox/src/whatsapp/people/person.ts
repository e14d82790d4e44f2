import { S_WHATSAPP_NET } from "@whiskeysockets/baileys";
import { SignalPeer } from "../signal/signal-peer.ts";

/** How a person is made known to WhatsApp. */
export interface PersonOptions {
  /** International form, `+15550100`; punctuation is ignored. */
  readonly phone: string;
  /** The name others see beside a message. */
  readonly name: string;
}

/** Someone registered with WhatsApp: a phone number, a LID, a name, and the Signal identity of their phone. */
export class Person {
  readonly phone: string;
  readonly name: string;
  readonly digits: string;
  readonly lidDigits: string;
  readonly signal = new SignalPeer();

  constructor(options: PersonOptions, lidDigits: string) {
    this.digits = phoneDigits(options.phone);
    this.phone = `+${this.digits}`;
    this.name = options.name;
    this.lidDigits = lidDigits;
  }

  /** The address WhatsApp uses first: it hides the number. */
  get lid(): string {
    return `${this.lidDigits}@lid`;
  }

  /** The address made of the phone number. */
  get phoneAddress(): string {
    return `${this.digits}${S_WHATSAPP_NET}`;
  }
}

/** Throws when what is given can't be a phone number (E.164 allows up to fifteen digits). */
export function phoneDigits(phone: string): string {
  const digits = phone.replace(/[\s()+.-]/g, "");
  if (!/^[1-9]\d{4,14}$/.test(digits)) {
    throw new Error(`"${phone}" is not an international phone number; write it as +15550100.`);
  }
  return digits;
}
