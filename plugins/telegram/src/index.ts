export type { TelegramOptions } from "./options.ts";
export { telegram } from "./plugin.ts";
