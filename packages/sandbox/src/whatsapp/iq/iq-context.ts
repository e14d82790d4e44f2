import type { BinaryNode } from "@whiskeysockets/baileys";
import type { CompanionDevice } from "../devices/companion-device.ts";
import type { MediaHost } from "../media/media-host.ts";
import type { AccountPhone } from "../people/account-phone.ts";
import type { Directory } from "../people/directory.ts";

/** Who asks, and what an answer may draw on. */
export interface IqContext {
  readonly account: AccountPhone;
  readonly device: CompanionDevice;
  readonly directory: Directory;
  readonly mediaHost: MediaHost;
}

/** The children of a result, or an error. */
export type IqAnswer = { readonly result: BinaryNode[] } | { readonly error: { code: string; text: string } };

/** Answers one kind of query. */
export type IqHandler = (query: BinaryNode, context: IqContext) => IqAnswer;

export const EMPTY: IqAnswer = { result: [] };

export function itemNotFound(): IqAnswer {
  return { error: { code: "404", text: "item-not-found" } };
}
