import { Api, Logger, TelegramClient } from "telegram";
import { Raw } from "telegram/events/index.js";
import type { EventBuilder } from "telegram/events/common.js";
import { LogLevel } from "telegram/extensions/Logger.js";
import { StringSession } from "telegram/sessions/index.js";
import { vi } from "vitest";
import { gramJsSocket, type TelegramAccount, type TelegramSandbox } from "./index.ts";

const API = { apiId: 4711, apiHash: "0123456789abcdef0123456789abcdef" };
const DC = 2;

/** A GramJS client of the sandbox. `session` is what `client.session.save()` gave before. */
export function createClient(telegram: TelegramSandbox, session = "", homeDc = DC): TelegramClient {
  const stored = new StringSession(session);
  if (session === "") stored.setDC(homeDc, "127.0.0.1", 443);
  return new TelegramClient(stored, API.apiId, API.apiHash, {
    networkSocket: gramJsSocket(telegram.dataCentre),
    baseLogger: new Logger(LogLevel.NONE),
    connectionRetries: 5,
    retryDelay: 20,
    floodSleepThreshold: 0,
    deviceModel: "test",
    securityChecks: true,
  });
}

/** Asks for a QR code, or for the login once it was scanned. */
export function exportToken(client: TelegramClient): Promise<Api.auth.TypeLoginToken> {
  return client.invoke(new Api.auth.ExportLoginToken({ ...API, exceptIds: [] }));
}

export function qrText(token: Api.auth.TypeLoginToken): string {
  if (!(token instanceof Api.auth.LoginToken)) throw new Error(`${token.className} is no token to show.`);
  return `tg://login?token=${token.token.toString("base64url")}`;
}

/** Connects a new client and logs it in as the account, which has no password. */
export async function logIn(telegram: TelegramSandbox, account: TelegramAccount): Promise<TelegramClient> {
  const client = createClient(telegram);
  await client.connect();
  await account.scan(qrText(await exportToken(client)));
  await exportToken(client);
  await client.getMe();
  return client;
}

/** All updates that reach the client, in order. */
export function collectUpdates(client: TelegramClient): Api.TypeUpdate[] {
  const updates: Api.TypeUpdate[] = [];
  // GramJS types the builder of raw updates as one of its subclasses.
  client.addEventHandler((update: Api.TypeUpdate) => updates.push(update), new Raw({}) as unknown as EventBuilder);
  return updates;
}

/** The error message that Telegram answered. */
export async function rpcErrorOf(answer: Promise<unknown>): Promise<string> {
  try {
    await answer;
  } catch (error) {
    return error instanceof Error && "errorMessage" in error ? String(error.errorMessage) : String(error);
  }
  return "no error";
}

/** Waits until the probe stops throwing, for as long as a busy machine may need. */
export function soon(probe: () => void): Promise<void> {
  return vi.waitFor(probe, { timeout: 10_000, interval: 10 });
}
