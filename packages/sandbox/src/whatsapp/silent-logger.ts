import type { SocketConfig } from "@whiskeysockets/baileys";

type Logger = SocketConfig["logger"];

/** What Baileys' own parts are given as a logger here: the sandbox reports through its API, not through logs. */
export const silentLogger: Logger = {
  level: "silent",
  child: () => silentLogger,
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
