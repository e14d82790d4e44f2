import { toProto } from "../content/to-proto.ts";
import type { OutgoingContent } from "../content/phone-message.ts";
import { CompanionDevice, type DeviceSummary } from "../devices/companion-device.ts";
import type { DeviceKeys } from "../devices/device-keys.ts";
import { Lane } from "../lane.ts";
import type { MediaHost } from "../media/media-host.ts";
import type { BusinessAccount } from "./account.ts";
import type { CustomerPhone } from "./customer-phone.ts";
import type { Customer, SentMessage } from "./customer.ts";
import { newMessageId } from "./message-id.ts";
import { Person, type PersonOptions } from "./person.ts";
import { ownMessageCopy } from "./stanzas.ts";

/** As many devices as WhatsApp lets a phone link. */
export const MAX_LINKED_DEVICES = 4;

/** What the phone of an account needs of the world around it. */
export interface AccountSurroundings {
  readonly mediaHost: MediaHost;
  /** Takes the text of a QR code to the connection that shows it. */
  redeem(qrText: string, account: AccountPhone): Promise<CompanionDevice>;
  /** The phone behind the customer a caller holds. */
  phoneOf(customer: Customer): CustomerPhone;
}

/** The phone of a business: its identity vouches for the devices linked to it. */
export class AccountPhone implements BusinessAccount {
  readonly person: Person;
  readonly #surroundings: AccountSurroundings;
  readonly #devices = new Map<number, CompanionDevice>();
  readonly #lane = new Lane();
  #nextDeviceId = 1;

  constructor(options: PersonOptions, lidDigits: string, surroundings: AccountSurroundings) {
    this.person = new Person(options, lidDigits);
    this.#surroundings = surroundings;
  }

  get phone(): string {
    return this.person.phone;
  }

  get name(): string {
    return this.person.name;
  }

  get lid(): string {
    return this.person.lid;
  }

  async scan(qrText: string): Promise<DeviceSummary> {
    const device = await this.#surroundings.redeem(qrText, this);
    return device.summary();
  }

  devices(): DeviceSummary[] {
    return this.linkedDevices().map((device) => device.summary());
  }

  logOutDevices(): void {
    for (const device of this.linkedDevices()) this.unlink(device);
  }

  send(customer: Customer, content: OutgoingContent): Promise<SentMessage> {
    const sentAt = Date.now();
    const phone = this.#surroundings.phoneOf(customer);
    return this.#lane.run(async () => {
      const id = newMessageId();
      const message = toProto(content, this.#surroundings.mediaHost);
      const { signal } = this.person;
      if (!(await signal.hasSession(phone.lid))) {
        await signal.startSession(phone.lid, phone.person.signal.issueBundle());
      }
      await phone.receive({ id, account: this, sealed: await signal.seal(phone.lid, message) });
      const copy = { deviceSentMessage: { destinationJid: phone.lid, message } };
      const from = { address: this.lid, name: this.name };
      for (const device of this.linkedDevices()) {
        const address = device.lidAddress;
        if (!(await signal.hasSession(address))) await signal.startSession(address, device.takeBundle());
        const sealed = await signal.seal(address, copy);
        device.push(ownMessageCopy(from, phone.person, { id, sentAt, message, sealed }));
      }
      return { id, sentAt };
    });
  }

  linkedDevices(): CompanionDevice[] {
    return [...this.#devices.values()];
  }

  device(id: number): CompanionDevice | undefined {
    return this.#devices.get(id);
  }

  /** The number the next device gets. Throws when no further device may be linked. */
  reserveDeviceId(): number {
    if (this.#devices.size >= MAX_LINKED_DEVICES) {
      throw new Error(`${this.name} has ${MAX_LINKED_DEVICES} linked devices already; log one out first.`);
    }
    const id = this.#nextDeviceId;
    this.#nextDeviceId += 1;
    return id;
  }

  link(id: number, registration: { noiseKey: Buffer; keys: DeviceKeys }): CompanionDevice {
    const device = new CompanionDevice(this.person, id, registration);
    this.#devices.set(id, device);
    return device;
  }

  /** Forgets a device; its connection, if any, learns that it was removed. */
  unlink(device: CompanionDevice): void {
    this.#devices.delete(device.id);
    device.end({
      tag: "stream:error",
      attrs: { code: "401" },
      content: [{ tag: "conflict", attrs: { type: "device_removed" } }],
    });
  }
}
