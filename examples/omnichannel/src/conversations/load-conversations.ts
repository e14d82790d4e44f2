import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { UsageError } from "../options.ts";
import { type Conversation, type MediaFile, type Utterance, conversationSchema } from "./conversation.ts";

const MIME_TYPES: Readonly<Record<string, string>> = {
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".pdf": "application/pdf",
  ".txt": "text/plain",
  ".ogg": "audio/ogg",
};

/** A conversation with its files read. */
export interface LoadedConversation extends Omit<Conversation, "utterances"> {
  readonly utterances: readonly Utterance[];
}

/** Reads a file of JSON lines. Whatever is wrong with it is said with the number of the line. */
export function loadConversations(file: string): readonly LoadedConversation[] {
  const media = new Map<string, MediaFile>();
  const lines = read(file).split("\n");
  const conversations = lines.flatMap((line, index) =>
    line.trim() === "" ? [] : [parseLine(file, index + 1, line, media)],
  );
  if (conversations.length === 0) throw new UsageError(`${file} holds no conversation.`);
  const ids = new Set<string>();
  for (const { conversation_id: id } of conversations) {
    if (ids.has(id)) throw new UsageError(`${file}: the conversation_id "${id}" stands there twice.`);
    ids.add(id);
  }
  return conversations;
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`${file} can't be read: ${(error as Error).message}`);
  }
}

function parseLine(file: string, number: number, line: string, media: Map<string, MediaFile>): LoadedConversation {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new UsageError(`${file}, line ${number} is not JSON: ${(error as Error).message}`);
  }
  const parsed = conversationSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new UsageError(
      `${file}, line ${number} is not a conversation${issue ? `: ${issue.path.join(".")}: ${issue.message}` : ""}.`,
    );
  }
  const utterances = parsed.data.utterances.map(({ speaker, text, media: name }): Utterance => {
    if (name === undefined && text === "")
      throw new UsageError(`${file}, line ${number}: an utterance needs a text or a file.`);
    return { speaker, text, media: name === undefined ? undefined : readMedia(join(dirname(file), name), media) };
  });
  return { ...parsed.data, utterances };
}

function readMedia(path: string, known: Map<string, MediaFile>): MediaFile {
  const found = known.get(path);
  if (found) return found;
  try {
    const bytes = readFileSync(path);
    const mimeType = MIME_TYPES[extname(path).toLowerCase()] ?? "application/octet-stream";
    const file = { name: basename(path), mimeType, bytes, sha256: createHash("sha256").update(bytes).digest("hex") };
    known.set(path, file);
    return file;
  } catch (error) {
    throw new UsageError(`The file ${path} of a conversation can't be read: ${(error as Error).message}`);
  }
}
