import type { OutgoingContent } from "../content/phone-message.ts";
import type { DeviceSummary } from "../devices/companion-device.ts";
import type { Customer, SentMessage } from "./customer.ts";

/** The phone of a business: it links the devices that software runs as. */
export interface BusinessAccount {
  readonly phone: string;
  readonly name: string;
  /** The account's LID address, `…@lid`. */
  readonly lid: string;
  /**
   * Scans the text of a QR code and links the device that shows it. Resolves once the device has proved its identity;
   * the device is then told to reconnect (stream error 515). Rejects when the code has expired, was used, belongs to
   * another connection, when the device hangs up meanwhile or four devices are linked already.
   */
  scan(qrText: string): Promise<DeviceSummary>;
  devices(): DeviceSummary[];
  /** Removes every linked device, as the person does under "Linked devices": each gets a 401 and needs a new QR code. */
  logOutDevices(): void;
  /** Writes to a customer from the phone itself; linked devices get a copy, as an own message sent elsewhere. */
  send(customer: Customer, content: OutgoingContent): Promise<SentMessage>;
}
