/**
 * A local WhatsApp Web server for tests and demos: real WebSocket, Noise handshake, binary nodes and Signal sessions,
 * with simulated people to drive it. `@whiskeysockets/baileys` must be installed beside this package.
 */
export type { MediaKind, OutgoingContent, OutgoingMedia, PhoneMedia, PhoneMessage } from "./content/phone-message.ts";
export type { DeviceSummary } from "./devices/companion-device.ts";
export type { FaultSettings } from "./faults/fault-settings.ts";
export type { PairingOptions } from "./pairing/pairing-options.ts";
export type { BusinessAccount } from "./people/account.ts";
export type { Customer, CustomerEvents, CustomerOptions, SentMessage } from "./people/customer.ts";
export type { PersonOptions } from "./people/person.ts";
export { startWhatsAppSandbox } from "./start.ts";
export type { WhatsAppSandbox, WhatsAppSandboxOptions, WhatsAppServer } from "./whatsapp-sandbox.ts";
