import { getBinaryNodeChild, getBinaryNodeChildren, jidDecode, type BinaryNode } from "@whiskeysockets/baileys";
import type { CompanionDevice, DeviceLink } from "../devices/companion-device.ts";
import type { Faults } from "../faults/faults.ts";
import { answerIq } from "../iq/answer-iq.ts";
import type { MediaHost } from "../media/media-host.ts";
import type { AccountPhone } from "../people/account-phone.ts";
import type { CustomerPhone } from "../people/customer-phone.ts";
import type { Directory } from "../people/directory.ts";
import type { Sealed } from "../signal/signal-peer.ts";
import type { StanzaHandler } from "./stanza-handler.ts";

/** What the sessions of all devices share. */
export interface Exchange {
  readonly directory: Directory;
  readonly mediaHost: MediaHost;
  readonly faults: Faults;
}

/** The server's side of a logged-in device: answers queries, carries messages and receipts, notes what has arrived. */
export class DeviceSession implements StanzaHandler {
  readonly #link: DeviceLink;
  readonly #account: AccountPhone;
  readonly #device: CompanionDevice;
  readonly #exchange: Exchange;

  constructor(link: DeviceLink, account: AccountPhone, device: CompanionDevice, exchange: Exchange) {
    this.#link = link;
    this.#account = account;
    this.#device = device;
    this.#exchange = exchange;
  }

  async handle(node: BinaryNode): Promise<void> {
    switch (node.tag) {
      case "iq":
        return this.#query(node);
      case "message":
        return this.#message(node);
      case "receipt":
        return this.#receipt(node);
      case "ack":
        return this.#device.confirm(node.attrs["class"] ?? "", node.attrs);
      default:
      // Presence, chat state and telemetry need no answer.
    }
  }

  closed(): void {
    this.#device.detach(this.#link);
  }

  #query(node: BinaryNode): void {
    if (node.attrs["type"] !== "get" && node.attrs["type"] !== "set") return;
    const { directory, mediaHost } = this.#exchange;
    this.#link.send(answerIq(node, { account: this.#account, device: this.#device, directory, mediaHost }));
    if (getBinaryNodeChild(node, "active")) this.#device.startReceiving();
    if (getBinaryNodeChild(node, "remove-companion-device")) this.#account.unlink(this.#device);
  }

  /** Accepts a message for good, then hands it on: the ack says that nothing more can happen to it on the way. */
  async #message(node: BinaryNode): Promise<void> {
    const { directory, faults } = this.#exchange;
    const to = node.attrs["to"] ?? "";
    const customer = directory.findCustomer(to);
    const peer = directory.findAccount(to) === this.#account;
    const refusal = customer ? faults.nack() : peer ? undefined : 404;
    if (refusal !== undefined) return this.#ack(node, refusal);
    if (!faults.losesAck()) this.#ack(node);
    if (!customer) return;
    this.#copyToOwnDevices(node);
    const sealed = sealedFor(node, customer);
    if (!sealed) return;
    await customer.receive({ id: node.attrs["id"] ?? "", account: this.#account, device: this.#device, sealed });
  }

  /** The account's other linked devices each get their own encrypted copy of what this one writes. */
  #copyToOwnDevices(node: BinaryNode): void {
    for (const recipient of recipients(node)) {
      const jid = recipient.attrs["jid"] ?? "";
      if (this.#exchange.directory.findAccount(jid) !== this.#account) continue;
      const device = this.#account.device(jidDecode(jid)?.device ?? 0);
      const enc = getBinaryNodeChild(recipient, "enc");
      if (!device || device === this.#device || !enc) continue;
      const { id = "", to = "", type = "text" } = node.attrs;
      const t = String(Math.floor(Date.now() / 1000));
      const attrs = { from: this.#device.lidAddress, recipient: to, addressing_mode: "lid", id, type, t };
      device.push({ tag: "message", attrs, content: [enc] });
    }
  }

  async #receipt(node: BinaryNode): Promise<void> {
    const { id = "", to = "", type } = node.attrs;
    const listed = getBinaryNodeChildren(getBinaryNodeChild(node, "list"), "item");
    const ids = [id, ...listed.map((item) => item.attrs["id"] ?? "")];
    for (const confirmed of ids) this.#device.confirm("message", { id: confirmed });
    this.#link.send({ tag: "ack", attrs: { class: "receipt", id, from: to, ...(type ? { type } : {}) } });
    const customer = this.#exchange.directory.findCustomer(node.attrs["recipient"] ?? to);
    if (type === "retry") await customer?.repeat(this.#account, this.#device, node);
    else if (type === undefined || type === "inactive" || type === "read") {
      customer?.confirmed(this.#account, ids, type);
    }
  }

  #ack(node: BinaryNode, error?: number): void {
    const { id = "", to = "" } = node.attrs;
    const t = String(Math.floor(Date.now() / 1000));
    const refusal = error === undefined ? {} : { error: String(error) };
    this.#link.send({ tag: "ack", attrs: { class: "message", id, from: to, t, ...refusal } });
  }
}

function recipients(node: BinaryNode): BinaryNode[] {
  return getBinaryNodeChildren(getBinaryNodeChild(node, "participants"), "to");
}

/** The payload for the customer's phone: one among the participants, or the only one when a message is sent again. */
function sealedFor(node: BinaryNode, customer: CustomerPhone): Sealed | undefined {
  const own = new Set([customer.person.digits, customer.person.lidDigits]);
  const addressed = recipients(node).find((to) => own.has(jidDecode(to.attrs["jid"])?.user ?? ""));
  const enc = getBinaryNodeChild(addressed ?? node, "enc");
  const type = enc?.attrs["type"];
  if (!(enc?.content instanceof Uint8Array) || (type !== "msg" && type !== "pkmsg")) return undefined;
  return { type, ciphertext: enc.content };
}
