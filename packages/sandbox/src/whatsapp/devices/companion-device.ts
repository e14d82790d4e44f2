import { randomUUID } from "node:crypto";
import { S_WHATSAPP_NET, type BinaryNode } from "@whiskeysockets/baileys";
import type { KeyBundle } from "../signal/key-bundle.ts";
import type { DeviceKeys } from "./device-keys.ts";
import { StanzaQueue } from "./stanza-queue.ts";

/** Fewer one-time keys than this make the server ask the device for more. */
const LOW_PRE_KEYS = 5;

/** The live connection of a device, as far as the device's mailbox needs it. */
export interface DeviceLink {
  send(node: BinaryNode): void;
  /** Sends a last stanza and closes. */
  end(node: BinaryNode): void;
  /** Cuts the connection without a word. */
  drop(): void;
}

/** Who a device belongs to, by both of the account's addresses. */
export interface DeviceOwner {
  /** Digits of the phone number. */
  readonly digits: string;
  /** Digits of the LID. */
  readonly lidDigits: string;
}

/** What a test may see of a linked device. */
export interface DeviceSummary {
  /** The device number in its addresses, from 1. */
  readonly id: number;
  readonly linkedAt: number;
  readonly connected: boolean;
  /** Stanzas the device has not confirmed yet. */
  readonly pending: number;
}

/** A device linked to an account: its keys, what waits for it, and its connection while it has one. */
export class CompanionDevice {
  readonly id: number;
  readonly noiseKey: Buffer;
  readonly keys: DeviceKeys;
  readonly linkedAt = Date.now();
  readonly #owner: DeviceOwner;
  readonly #queue = new StanzaQueue();
  #link: DeviceLink | undefined;
  #receiving = false;
  #askedForKeys = false;

  constructor(owner: DeviceOwner, id: number, registration: { noiseKey: Buffer; keys: DeviceKeys }) {
    this.#owner = owner;
    this.id = id;
    this.noiseKey = registration.noiseKey;
    this.keys = registration.keys;
  }

  get lidAddress(): string {
    return `${this.#owner.lidDigits}:${this.id}@lid`;
  }

  get phoneAddress(): string {
    return `${this.#owner.digits}:${this.id}${S_WHATSAPP_NET}`;
  }

  get connected(): boolean {
    return this.#link !== undefined;
  }

  summary(): DeviceSummary {
    return { id: this.id, linkedAt: this.linkedAt, connected: this.connected, pending: this.#queue.size };
  }

  /** Takes over the device: a connection it had is told that it was replaced. */
  attach(link: DeviceLink): void {
    this.#link?.end({
      tag: "stream:error",
      attrs: {},
      content: [{ tag: "conflict", attrs: { type: "replaced" } }],
    });
    this.#link = link;
    this.#receiving = false;
  }

  detach(link: DeviceLink): void {
    if (this.#link !== link) return;
    this.#link = undefined;
    this.#receiving = false;
  }

  /** The device is ready: everything unconfirmed comes first, marked `offline`, then the count, then what is new. */
  startReceiving(): void {
    const link = this.#link;
    if (!link || this.#receiving) return;
    this.#receiving = true;
    const pending = this.#queue.pending();
    for (const [index, node] of pending.entries()) {
      link.send({ ...node, attrs: { ...node.attrs, offline: String(index) } });
    }
    const count = String(pending.length);
    link.send({ tag: "ib", attrs: { from: S_WHATSAPP_NET }, content: [{ tag: "offline", attrs: { count } }] });
  }

  /** Keeps a stanza for the device until it is confirmed, and sends it now if the device is there. */
  push(node: BinaryNode): void {
    this.#queue.add(node);
    if (this.#receiving) this.#link?.send(node);
  }

  /** Sends a copy of a stanza that already waits. */
  repeat(node: BinaryNode): void {
    if (this.#receiving) this.#link?.send(node);
  }

  confirm(stanzaClass: string, attrs: Readonly<Record<string, string>>): void {
    this.#queue.confirm(stanzaClass, attrs);
  }

  /** A bundle to start a session with this device. */
  takeBundle(): KeyBundle {
    const bundle = this.keys.take();
    if (this.keys.remaining < LOW_PRE_KEYS && !this.#askedForKeys) {
      this.#askedForKeys = true;
      this.push({
        tag: "notification",
        attrs: { from: S_WHATSAPP_NET, type: "encrypt", id: randomUUID(), t: String(Math.floor(Date.now() / 1000)) },
        content: [{ tag: "count", attrs: { value: String(this.keys.remaining) } }],
      });
    }
    return bundle;
  }

  uploadKeys(...upload: Parameters<DeviceKeys["upload"]>): void {
    this.keys.upload(...upload);
    this.#askedForKeys = false;
  }

  /** Ends the connection with a last stanza, if there is one. */
  end(node: BinaryNode): void {
    this.#link?.end(node);
  }

  drop(): void {
    this.#link?.drop();
  }
}
