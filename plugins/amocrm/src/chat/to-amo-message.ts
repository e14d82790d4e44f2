import type { MediaKind, Message, MessagePart } from "@crmessenger/kernel/communication";
import type { StoredFile } from "@crmessenger/kernel/infrastructure";

/** A message in the words of amoCRM's chats API, and the id we give it. */
export interface AmoMessage {
  readonly msgid: string;
  readonly message: Readonly<Record<string, unknown>>;
}

const TYPES: Readonly<Record<MediaKind, string>> = {
  image: "picture",
  video: "video",
  audio: "audio",
  voice: "voice",
  document: "file",
  sticker: "sticker",
};

/**
 * Writes a message as amoCRM takes it: one text, or one file with an optional text, for each of its messages. The
 * first one has our message's id, so that amoCRM refuses it when it comes twice; the others have it with a number.
 * `addressOf` answers where amoCRM can fetch a file, if it can.
 */
export function toAmoMessages(
  { id, parts }: Pick<Message, "id" | "parts">,
  addressOf: (file: StoredFile) => string | undefined,
): readonly AmoMessage[] {
  const bodies: Readonly<Record<string, unknown>>[] = [];
  for (let index = 0; index < parts.length; index += 1) {
    const part = parts[index];
    const next = parts[index + 1];
    if (part === undefined) continue;
    if (part.type === "media" && next?.type === "text") {
      bodies.push(media(part, next.text, addressOf(part.file)));
      index += 1;
    } else bodies.push(part.type === "media" ? media(part, "", addressOf(part.file)) : other(part));
  }
  if (bodies.length === 0) bodies.push(text(""));
  return bodies.map((message, index) => ({ msgid: index === 0 ? id : `${id}:${index}`, message }));
}

function text(value: string): Readonly<Record<string, unknown>> {
  return { type: "text", text: value };
}

function media(
  part: Extract<MessagePart, { type: "media" }>,
  caption: string,
  address: string | undefined,
): Readonly<Record<string, unknown>> {
  const name = part.file.fileName ?? `${part.kind}${extensionOf(part.file.mimeType)}`;
  if (address === undefined) return text(caption === "" ? `📎 ${name}` : `📎 ${name}\n${caption}`);
  return {
    type: TYPES[part.kind],
    text: caption,
    media: address,
    file_name: name,
    file_size: part.file.size,
    ...(part.durationSeconds === undefined ? {} : { media_duration: Math.round(part.durationSeconds) }),
  };
}

function other(part: Exclude<MessagePart, { type: "media" }>): Readonly<Record<string, unknown>> {
  switch (part.type) {
    case "text":
      return text(part.text);
    case "location":
      return { type: "location", text: part.title ?? "", location: { lon: part.longitude, lat: part.latitude } };
    case "contact":
      return { type: "contact", text: "", contact: { name: part.name, phone: part.phones[0] ?? "" } };
    case "buttons":
      return text([part.text, ...part.buttons.map(({ label }) => `[${label}]`)].join("\n"));
    case "template":
      return text(
        [part.name, ...Object.entries(part.variables).map(([name, value]) => `${name}: ${value}`)].join("\n"),
      );
    case "unsupported":
      return text(part.description);
  }
}

/** Enough of an extension for a file that came without a name. */
function extensionOf(mimeType: string): string {
  const subtype = /^[a-z]+\/([a-z0-9]+)/u.exec(mimeType)?.[1];
  return subtype === undefined ? "" : `.${subtype}`;
}
