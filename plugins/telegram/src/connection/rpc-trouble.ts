import { isCrmError } from "@crmessenger/kernel";
import { RPCError, FloodWaitError, MsgWaitError, SlowModeWaitError } from "telegram/errors/index.js";

/** What an error means for what was asked. */
export type RpcTrouble =
  /** Ask again after so many seconds. Nothing happened. */
  | { readonly kind: "wait"; readonly seconds: number }
  /** The login is over; `blocked` when logging in again does not help. */
  | { readonly kind: "login-lost"; readonly reason: string; readonly blocked: boolean }
  /** A request that this one was chained to failed, so this one was not looked at. */
  | { readonly kind: "not-tried" }
  /** Nobody knows what happened. */
  | { readonly kind: "unknown" }
  /** Telegram says no, by this name. */
  | { readonly kind: "refused"; readonly name: string };

const LOGIN_LOST: Readonly<Record<string, string>> = {
  AUTH_KEY_UNREGISTERED: "The login was ended on the phone or by Telegram. Log in again.",
  AUTH_KEY_INVALID: "Telegram no longer accepts this login. Log in again.",
  SESSION_REVOKED: "The login was ended on the phone. Log in again.",
  SESSION_EXPIRED: "The login has expired. Log in again.",
  AUTH_KEY_DUPLICATED: "The login was used in two places at once, and Telegram ended it. Log in again.",
  AUTH_KEY_PERM_EMPTY: "Telegram no longer accepts this login. Log in again.",
};

const BLOCKED: Readonly<Record<string, string>> = {
  USER_DEACTIVATED: "The Telegram account was deleted.",
  USER_DEACTIVATED_BAN: "Telegram has banned this account.",
  PHONE_NUMBER_BANNED: "Telegram has banned this phone number.",
};

/** Tells what an error of `TelegramLink.invoke` means. */
export function rpcTrouble(error: unknown): RpcTrouble {
  if (error instanceof FloodWaitError || error instanceof SlowModeWaitError)
    return { kind: "wait", seconds: error.seconds };
  if (error instanceof MsgWaitError) return { kind: "not-tried" };
  if (isCrmError(error, "CRM_TELEGRAM_KEY_FORGOTTEN"))
    return { kind: "login-lost", reason: error.message, blocked: false };
  if (!(error instanceof RPCError)) return { kind: "unknown" };
  const name = error.errorMessage;
  const lost = LOGIN_LOST[name];
  if (lost !== undefined) return { kind: "login-lost", reason: lost, blocked: false };
  const blocked = BLOCKED[name];
  if (blocked !== undefined) return { kind: "login-lost", reason: blocked, blocked: true };
  const code = error.code ?? 0;
  // 500 is also the number of a refusal that is none: the message had been taken before.
  if (name === "RANDOM_ID_DUPLICATE") return { kind: "refused", name };
  return code < 0 || code >= 500 ? { kind: "unknown" } : { kind: "refused", name };
}
