export { startTelegramSandbox, TelegramSandbox } from "./telegram-sandbox.ts";
export type {
  AccountDraft,
  BotDraft,
  CustomerDraft,
  TelegramDataCentre,
  TelegramSandboxOptions,
} from "./telegram-sandbox.ts";
export { gramJsSocket } from "./gramjs-transport.ts";
export type { FaultSwitches, TelegramFaults } from "./faults/telegram-faults.ts";
export type { LoginInfo, Revocation } from "./people/logins.ts";
export type { HeldMedia, OutgoingMedia } from "./people/media.ts";
export { TelegramAccount, TelegramBot } from "./people/telegram-account.ts";
export { TelegramCustomer, type AutoRead } from "./people/telegram-customer.ts";
export { TelegramPerson, type HasUserId, type PersonEvents, type WaitOptions } from "./people/telegram-person.ts";
export type { OutgoingMessage, SentMessage, TelegramMessage } from "./people/telegram-message.ts";
export type { MediaKind } from "./world/stored-file.ts";
