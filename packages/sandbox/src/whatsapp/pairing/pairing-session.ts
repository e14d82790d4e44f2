import { randomUUID } from "node:crypto";
import { getBinaryNodeChild, getBinaryNodeChildBuffer, S_WHATSAPP_NET, type BinaryNode } from "@whiskeysockets/baileys";
import type { CompanionDevice, DeviceLink } from "../devices/companion-device.ts";
import type { AccountPhone } from "../people/account-phone.ts";
import type { StanzaHandler } from "../server/stanza-handler.ts";
import { isCountersigned, signDeviceIdentity } from "./device-identity.ts";
import type { PairingDesk } from "./pairing-desk.ts";
import type { QrCode } from "./qr-code.ts";
import type { Registration } from "./registration.ts";

/** A scan under way: the account has signed, the device has yet to countersign. */
interface Scan {
  readonly requestId: string;
  readonly account: AccountPhone;
  readonly deviceId: number;
  readonly details: Uint8Array;
  resolve(device: CompanionDevice): void;
  reject(error: Error): void;
}

/** A connection that shows QR codes until a phone scans one. */
export class PairingSession implements StanzaHandler {
  readonly #link: DeviceLink;
  readonly #registration: Registration;
  readonly #desk: PairingDesk;
  #retiredSecret: Buffer | undefined;
  #scan: Scan | undefined;

  constructor(link: DeviceLink, registration: Registration, desk: PairingDesk) {
    this.#link = link;
    this.#registration = registration;
    this.#desk = desk;
  }

  /** Hands the device the references for its QR codes. */
  start(): void {
    const refs = this.#desk.issue(this).map((ref) => ({ tag: "ref", attrs: {}, content: Buffer.from(ref) }));
    this.#request(randomUUID(), { tag: "pair-device", attrs: {}, content: refs });
  }

  /** Called with a code of this connection that a phone scanned. */
  async pair(account: AccountPhone, code: QrCode): Promise<CompanionDevice> {
    if (this.#scan) throw new Error("This QR code has been scanned already.");
    const { noiseKey, identityKey } = this.#registration;
    if (!code.noiseKey.equals(noiseKey) || !code.identityKey.equals(identityKey)) {
      throw new Error("The QR code shows other keys than the device registered with.");
    }
    if (this.#desk.options.refreshRegistration) this.#demandNewSecret(code.advSecret);
    const deviceId = account.reserveDeviceId();
    const signed = signDeviceIdentity(account.person.signal.identity, {
      identityKey,
      keyIndex: deviceId,
      advSecret: code.advSecret,
    });
    return new Promise((resolve, reject) => {
      const requestId = randomUUID();
      this.#scan = { requestId, account, deviceId, details: signed.details, resolve, reject };
      this.#request(requestId, pairSuccess(account, deviceId, signed.sealed));
    });
  }

  handle(node: BinaryNode): void {
    const scan = this.#scan;
    if (!scan || node.tag !== "iq" || node.attrs["id"] !== scan.requestId) return;
    const reply = getBinaryNodeChildBuffer(getBinaryNodeChild(node, "pair-device-sign"), "device-identity");
    const { identityKey } = this.#registration;
    const accountKey = scan.account.person.signal.identity.public;
    if (!reply || !isCountersigned(reply, { details: scan.details, identityKey, accountKey })) {
      scan.reject(new Error("The device did not countersign its identity."));
      return this.#link.drop();
    }
    scan.resolve(scan.account.link(scan.deviceId, this.#registration));
    this.#link.end({ tag: "stream:error", attrs: { code: "515" } });
  }

  closed(): void {
    this.#desk.withdraw(this);
    this.#scan?.reject(new Error("The device hung up before it was linked."));
  }

  #demandNewSecret(shown: Buffer): void {
    this.#retiredSecret ??= shown;
    if (!this.#retiredSecret.equals(shown)) return;
    this.#link.send({
      tag: "notification",
      attrs: {
        from: S_WHATSAPP_NET,
        type: "companion_reg_refresh",
        id: randomUUID(),
        t: String(Math.floor(Date.now() / 1000)),
      },
      content: [{ tag: "companion_reg_refresh", attrs: {} }],
    });
    throw new Error("The server asked the device for a new secret; scan the QR code it shows now.");
  }

  #request(id: string, content: BinaryNode): void {
    this.#link.send({ tag: "iq", attrs: { from: S_WHATSAPP_NET, type: "set", id, xmlns: "md" }, content: [content] });
  }
}

function pairSuccess(account: AccountPhone, deviceId: number, identity: Uint8Array): BinaryNode {
  const { digits, lidDigits, name } = account.person;
  const jid = `${digits}:${deviceId}${S_WHATSAPP_NET}`;
  return {
    tag: "pair-success",
    attrs: {},
    content: [
      { tag: "device-identity", attrs: {}, content: identity },
      { tag: "biz", attrs: { name } },
      { tag: "platform", attrs: { name: "smba" } },
      { tag: "device", attrs: { jid, lid: `${lidDigits}:${deviceId}@lid` } },
    ],
  };
}
