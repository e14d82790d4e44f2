import { problem } from "../http/problem.ts";
import { isRecord } from "../http/is-record.ts";
import { MESSAGE_TYPES, type MessageType } from "./chat-records.ts";

/** A participant as an integration describes one. */
export interface Participant {
  readonly id: string;
  readonly refId: string | undefined;
  readonly name: string;
  readonly phone: string | undefined;
  readonly email: string | undefined;
  readonly avatar: string | undefined;
  readonly profileLink: string | undefined;
}

/** Content of a message, checked. */
export interface Content {
  readonly type: MessageType;
  readonly text: string;
  readonly media: string | undefined;
  readonly fileName: string;
  readonly fileSize: number;
  readonly extra: Readonly<Record<string, unknown>>;
}

/** The refusal of a body of the chats API. */
export const badBody = (detail: string): Error => problem(400, detail);

/** Parses a body that must be a JSON object. */
export function parseObject(body: Buffer): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(body.toString("utf8"));
    if (isRecord(parsed)) return parsed;
  } catch {
    // Answered below, like JSON that is no object.
  }
  throw badBody("The body is not a JSON object");
}

/** A text that must be there and not be empty. */
export function requiredText(object: Readonly<Record<string, unknown>>, name: string): string {
  const value = object[name];
  if (typeof value !== "string" || value === "") throw badBody(`${name} is required`);
  return value;
}

/** A text that may be absent. */
export function optionalText(object: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = object[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw badBody(`${name} must be a string`);
  return value;
}

/** A sender, a receiver or a user. */
export function readParticipant(value: unknown, name: string): Participant {
  if (!isRecord(value)) throw badBody(`${name} is required`);
  const profile = isRecord(value["profile"]) ? value["profile"] : {};
  return {
    id: requiredText(value, "id"),
    refId: optionalText(value, "ref_id"),
    name: requiredText(value, "name"),
    phone: optionalText(profile, "phone"),
    email: optionalText(profile, "email"),
    avatar: optionalText(value, "avatar"),
    profileLink: optionalText(value, "profile_link"),
  };
}

/** The time of a message in milliseconds: `msec_timestamp`, or else `timestamp` in seconds. */
export function readTime(payload: Readonly<Record<string, unknown>>): number {
  const { msec_timestamp: msec, timestamp } = payload;
  if (typeof timestamp !== "number" || !Number.isInteger(timestamp) || timestamp <= 0) {
    throw badBody("timestamp must be a positive integer");
  }
  if (msec === undefined) return timestamp * 1000;
  if (typeof msec !== "number" || !Number.isInteger(msec)) throw badBody("msec_timestamp must be an integer");
  return msec;
}

/** `message.source.external_id`, at most 40 printable ASCII characters. */
export function readSource(payload: Readonly<Record<string, unknown>>): string | undefined {
  const source = payload["source"];
  const externalId = isRecord(source) ? optionalText(source, "external_id") : undefined;
  if (externalId !== undefined && !/^[\x20-\x7e]{1,40}$/u.test(externalId)) {
    throw badBody("source.external_id must be 1 to 40 printable ASCII characters");
  }
  return externalId;
}

const FILE_TYPES: ReadonlySet<MessageType> = new Set(["file", "video", "picture"]);
const MEDIA_TYPES: ReadonlySet<MessageType> = new Set(["file", "video", "picture", "voice", "audio", "sticker"]);

/** The `message` of a payload. While editing, media may be left out. */
export function readContent(value: unknown, editing: boolean): Content {
  if (!isRecord(value)) throw badBody("message is required");
  const type = MESSAGE_TYPES.find((candidate) => candidate === value["type"]);
  if (type === undefined) throw badBody("message.type is not supported");
  if (type === "text" && typeof value["text"] !== "string") throw badBody("message.text is required");
  const media = optionalText(value, "media");
  if (!editing) {
    if (MEDIA_TYPES.has(type) && (media === undefined || media === "")) throw badBody("message.media is required");
    if (FILE_TYPES.has(type)) {
      requiredText(value, "file_name");
      if (typeof value["file_size"] !== "number") throw badBody("message.file_size is required");
    }
  }
  if (type === "location") requireParts(value, "location", ["lon", "lat"]);
  if (type === "contact") requireParts(value, "contact", ["name", "phone"]);
  const { location, contact, sticker_id, media_duration, callback_data, shared_post } = value;
  const extra = { location, contact, sticker_id, media_duration, callback_data, shared_post };
  return {
    type,
    text: optionalText(value, "text") ?? "",
    media: media === "" ? undefined : media,
    fileName: optionalText(value, "file_name") ?? "",
    fileSize: typeof value["file_size"] === "number" ? value["file_size"] : 0,
    extra: Object.fromEntries(Object.entries(extra).filter(([, part]) => part !== undefined)),
  };
}

function requireParts(message: Readonly<Record<string, unknown>>, name: string, parts: readonly string[]): void {
  const value = message[name];
  if (!isRecord(value) || parts.some((part) => value[part] === undefined)) {
    throw badBody(`message.${name} must have ${parts.join(" and ")}`);
  }
}
