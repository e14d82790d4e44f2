import { type InboundMessage, type MediaKind, type MessagePart, sanitiseText } from "@crmessenger/kernel/communication";
import type { Json, StoredFile } from "@crmessenger/kernel/infrastructure";
import { Api } from "telegram";
import { CHANNEL_TYPE } from "../channel-type.ts";
import type { SavedPeer } from "../session/account-store.ts";
import type { PrivateMessage } from "./change.ts";

const MAX_SHORT_TEXT = 500;

/** What became of the file of a message. */
export type FileOutcome =
  | {
      readonly outcome: "stored";
      readonly kind: MediaKind;
      readonly file: StoredFile;
      readonly durationSeconds?: number;
    }
  | { readonly outcome: "left-out"; readonly reason: string };

export interface ArrivedMessage {
  readonly channelAccountId: string;
  readonly chatId: string;
  readonly message: PrivateMessage;
  readonly peer: SavedPeer | undefined;
  readonly file?: FileOutcome | undefined;
}

/** A message of a customer as the kernel takes it. */
export function toMessage({ channelAccountId, chatId, message, peer, file }: ArrivedMessage): InboundMessage {
  const edge = new TextEdge();
  const parts = message instanceof Api.Message ? contentOf(message, file, edge) : [serviceNote(message)];
  const name = edge
    .clean(peer?.name ?? "")
    .slice(0, MAX_SHORT_TEXT)
    .toWellFormed();
  const forwardedFrom = message instanceof Api.Message ? forwarder(message, edge) : undefined;
  const replyTo = message.replyTo instanceof Api.MessageReplyHeader ? message.replyTo.replyToMsgId : undefined;
  return {
    channelAccountId,
    channelType: CHANNEL_TYPE,
    externalId: String(message.id),
    conversationExternalId: chatId,
    sender: { name: name === "" ? `Telegram user ${chatId}` : name, identities: identitiesOf(chatId, peer) },
    parts: parts.length === 0 ? [{ type: "text", text: "" }] : parts,
    ...(replyTo ? { replyToExternalId: String(replyTo) } : {}),
    ...(forwardedFrom === undefined ? {} : { forwardedFrom }),
    sentAt: new Date(message.date * 1000).toISOString(),
    ...(edge.sanitised ? { sanitised: true } : {}),
  };
}

/** What is received in place of a message that can't be mapped or is not accepted: that it came is not lost. */
export function unreadableMessage(arrived: ArrivedMessage, why: string): InboundMessage {
  const { channelAccountId, chatId, message, peer } = arrived;
  const date = Number.isFinite(message.date) ? message.date * 1000 : 0;
  return {
    channelAccountId,
    channelType: CHANNEL_TYPE,
    externalId: String(message.id),
    conversationExternalId: chatId,
    sender: { name: peer?.name || `Telegram user ${chatId}`, identities: identitiesOf(chatId, peer) },
    parts: [{ type: "unsupported", description: why.slice(0, MAX_SHORT_TEXT).toWellFormed(), raw: null }],
    sentAt: new Date(date).toISOString(),
  };
}

function identitiesOf(chatId: string, peer: SavedPeer | undefined): InboundMessage["sender"]["identities"] {
  return [
    { kind: CHANNEL_TYPE, value: chatId, verified: true },
    ...(peer?.phone === undefined ? [] : [{ kind: "phone", value: peer.phone, verified: true }]),
    // Telegram vouches for it today; user names change hands.
    ...(peer?.username === undefined ? [] : [{ kind: "telegram-username", value: peer.username, verified: true }]),
  ];
}

function contentOf(message: Api.Message, file: FileOutcome | undefined, edge: TextEdge): MessagePart[] {
  const parts = mediaParts(message, file, edge);
  const text = edge.clean(message.message);
  return text === "" ? parts : [...parts, { type: "text", text }];
}

function mediaParts(message: Api.Message, file: FileOutcome | undefined, edge: TextEdge): MessagePart[] {
  if (file?.outcome === "stored") {
    const { kind, durationSeconds } = file;
    return [{ type: "media", kind, file: file.file, ...(durationSeconds === undefined ? {} : { durationSeconds }) }];
  }
  const { media } = message;
  if (file?.outcome === "left-out") return [unsupported(file.reason, media)];
  // A link with its preview is a text.
  if (!media || media instanceof Api.MessageMediaEmpty || media instanceof Api.MessageMediaWebPage) return [];
  return [placeOrContact(media, edge) ?? unsupported(describe(media), media)];
}

function placeOrContact(media: Api.TypeMessageMedia, edge: TextEdge): MessagePart | undefined {
  if (media instanceof Api.MessageMediaContact) {
    const name = edge.clean([media.firstName, media.lastName].filter((one) => one !== "").join(" "));
    const digits = media.phoneNumber.replaceAll(/\D/g, "");
    return {
      type: "contact",
      name: name.slice(0, MAX_SHORT_TEXT),
      phones: digits === "" ? [] : [`+${digits.slice(0, 48)}`],
    };
  }
  const place =
    media instanceof Api.MessageMediaGeo ||
    media instanceof Api.MessageMediaGeoLive ||
    media instanceof Api.MessageMediaVenue;
  if (!place || !(media.geo instanceof Api.GeoPoint)) return undefined;
  const { lat: latitude, long: longitude } = media.geo;
  const title = media instanceof Api.MessageMediaVenue ? edge.clean(media.title).slice(0, MAX_SHORT_TEXT) : undefined;
  return { type: "location", latitude, longitude, ...(title === undefined ? {} : { title }) };
}

function describe(media: Api.TypeMessageMedia): string {
  if (media instanceof Api.MessageMediaPhoto || media instanceof Api.MessageMediaDocument)
    return "A file that the sender let disappear.";
  return `Content of a kind that is not known here: ${media.className}.`;
}

function unsupported(description: string, media: Api.TypeMessageMedia | undefined): MessagePart {
  return { type: "unsupported", description: description.slice(0, MAX_SHORT_TEXT), raw: plain(media) };
}

/** Calls and the like. */
function serviceNote(message: Api.MessageService): MessagePart {
  const { action } = message;
  const description =
    action instanceof Api.MessageActionPhoneCall
      ? `A ${action.video ? "video " : ""}call${action.duration ? ` of ${action.duration} seconds` : " that was not answered"}.`
      : `A note of Telegram: ${action.className}.`;
  return { type: "unsupported", description, raw: plain(action) };
}

function forwarder(message: Api.Message, edge: TextEdge): string | undefined {
  const { fwdFrom } = message;
  if (!(fwdFrom instanceof Api.MessageFwdHeader)) return undefined;
  const { fromName, fromId } = fwdFrom;
  if (fromName) return edge.clean(fromName).slice(0, MAX_SHORT_TEXT).toWellFormed();
  return fromId instanceof Api.PeerUser ? `Telegram user ${fromId.userId.toString()}` : "Telegram";
}

/** A TL object as JSON: numbers of 64 bits as text, bytes left out. */
function plain(value: unknown): Json {
  if (value === undefined || value === null || Buffer.isBuffer(value)) return null;
  if (typeof value === "string") return sanitiseText(value).text;
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value === "boolean") return value;
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return value.map((item) => plain(item));
  if (typeof value !== "object") return null;
  if ("toJSNumber" in value) return String(value);
  const { originalArgs, className } = value as { originalArgs?: object; className?: string };
  const fields = Object.entries(originalArgs ?? value).filter(
    ([name, field]) => !/^flags2?$/.test(name) && field !== null,
  );
  return {
    ...(className === undefined ? {} : { className }),
    ...Object.fromEntries(fields.map(([name, field]) => [name, plain(field)])),
  };
}

/** Cleans texts and remembers whether any had to be changed. */
class TextEdge {
  sanitised = false;

  clean(text: string): string {
    const result = sanitiseText(text);
    this.sanitised ||= result.sanitised;
    return result.text;
  }
}
