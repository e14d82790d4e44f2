import type { Clock } from "@crmessenger/kernel/infrastructure";
import bigInt from "big-integer";
import { Api } from "telegram";
import { patiently } from "../connection/patiently.ts";
import type { AskFileServer } from "../connection/telegram-request.ts";
import type { MessageFile } from "./message-media.ts";

/** Telegram serves ranges of up to 1 MiB whose offset is a multiple of their length (https://core.telegram.org/api/files). */
const CHUNK = 512 * 1024;

const MIME_TYPES: Readonly<Record<string, string>> = {
  "storage.FileJpeg": "image/jpeg",
  "storage.FilePng": "image/png",
  "storage.FileGif": "image/gif",
  "storage.FileWebp": "image/webp",
};

export interface FileSource {
  readonly ask: AskFileServer;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export interface OpenedFile {
  /** What the server says it is, where it says so. */
  readonly mimeType: string | undefined;
  /** Read from Telegram as fast as it is taken. */
  readonly content: ReadableStream<Uint8Array>;
}

/** Reads the beginning of a file. Rejects with what Telegram answers, or when the connection ends; so does the content. */
export async function openFile(file: Pick<MessageFile, "dcId" | "location">, source: FileSource): Promise<OpenedFile> {
  const first = await chunk(file, 0, source);
  let offset = 0;
  let next: Api.upload.File | undefined = first;
  const content = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { bytes } = next ?? (await chunk(file, offset, source));
        next = undefined;
        offset += bytes.length;
        if (bytes.length > 0) controller.enqueue(bytes);
        if (bytes.length < CHUNK) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  return { mimeType: MIME_TYPES[first.type.className], content };
}

async function chunk(
  { dcId, location }: Pick<MessageFile, "dcId" | "location">,
  offset: number,
  { ask, clock, signal }: FileSource,
): Promise<Api.upload.File> {
  const request = new Api.upload.GetFile({ location, offset: bigInt(offset), limit: CHUNK });
  const answer = await patiently(clock, signal, () => ask(dcId, request));
  if (answer instanceof Api.upload.File) return answer;
  throw new Error("Telegram keeps this file on a server that is not supported.");
}
