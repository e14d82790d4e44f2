import { randomBytes } from "node:crypto";
import type { StoredFile } from "@crmessenger/kernel/infrastructure";
import bigInt from "big-integer";
import { Api } from "telegram";
import type { Invoke } from "../connection/telegram-request.ts";

const PART = 512 * 1024;
const BIG_FROM = 10 * 1024 * 1024;
/** Parts on their way at a time: enough to keep the line busy, and bounded memory. */
const PARALLEL = 4;

/** Uploads a file in parts (https://core.telegram.org/api/files#uploading-files), reading it as it goes. */
export async function uploadFile(
  { size, fileName = "file" }: StoredFile,
  content: ReadableStream<Uint8Array>,
  invoke: Invoke,
): Promise<Api.InputFile | Api.InputFileBig> {
  const fileId = bigInt(randomBytes(8).readBigInt64LE().toString());
  const big = size > BIG_FROM;
  const fileTotalParts = Math.max(1, Math.ceil(size / PART));
  const underWay = new Set<Promise<void>>();
  let filePart = 0;
  for await (const bytes of inParts(content)) {
    const part = { fileId, filePart, bytes };
    const request = big
      ? new Api.upload.SaveBigFilePart({ ...part, fileTotalParts })
      : new Api.upload.SaveFilePart(part);
    // A part that failed stays in the set, where the next wait finds it; until then nobody listens to it.
    const upload: Promise<void> = invoke(request).then(() => void underWay.delete(upload));
    upload.catch(() => {});
    underWay.add(upload);
    filePart += 1;
    if (underWay.size >= PARALLEL) await Promise.race(underWay);
  }
  await Promise.all(underWay);
  const name = fileName;
  return big
    ? new Api.InputFileBig({ id: fileId, parts: filePart, name })
    : new Api.InputFile({ id: fileId, parts: filePart, name, md5Checksum: "" });
}

/** The content cut into parts of equal size; the last may be shorter. */
async function* inParts(content: ReadableStream<Uint8Array>): AsyncGenerator<Buffer> {
  let chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of content) {
    chunks.push(chunk);
    length += chunk.length;
    while (length >= PART) {
      const all = Buffer.concat(chunks);
      yield all.subarray(0, PART);
      chunks = [all.subarray(PART)];
      length -= PART;
    }
  }
  if (length > 0) yield Buffer.concat(chunks);
}
