export type { WhatsAppOptions } from "./options.ts";
export { whatsapp } from "./plugin.ts";
