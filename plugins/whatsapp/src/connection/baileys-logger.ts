import type { SocketConfig } from "@whiskeysockets/baileys";

type BaileysLogger = SocketConfig["logger"];

/**
 * Baileys logs what it handles, keys and message texts included, so none of it reaches a log. What matters of it comes
 * back as states, errors and results, and is logged from there.
 */
export const baileysLogger: BaileysLogger = {
  level: "silent",
  child: () => baileysLogger,
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
