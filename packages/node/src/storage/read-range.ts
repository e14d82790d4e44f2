import type { FileHandle } from "node:fs/promises";
import { CrmError } from "@crmessenger/kernel";
import { toStorageError } from "./storage-error.ts";

const CHUNK_BYTES = 256 * 1024;

/**
 * The bytes from `start` up to but without `end` of an open file, as they are asked for. Takes over the handle: a
 * short range is read and the handle closed before this resolves, a long one keeps it until the stream ends.
 */
export async function readRange(
  handle: FileHandle,
  start: number,
  end: number,
  path: string,
): Promise<ReadableStream<Uint8Array>> {
  if (end - start > CHUNK_BYTES) return streamRange(handle, start, end, path);
  try {
    const chunk = await readChunk(handle, start, end, path);
    return ReadableStream.from(chunk.length === 0 ? [] : [chunk]);
  } finally {
    await handle.close();
  }
}

function streamRange(handle: FileHandle, start: number, end: number, path: string): ReadableStream<Uint8Array> {
  let at = start;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const chunk = await readChunk(handle, at, Math.min(end, at + CHUNK_BYTES), path);
          at += chunk.length;
          controller.enqueue(chunk);
        } catch (error) {
          await handle.close();
          throw error;
        }
        if (at < end) return;
        await handle.close();
        controller.close();
      },
      cancel: () => handle.close(),
    },
    { highWaterMark: 0 },
  );
}

async function readChunk(handle: FileHandle, start: number, end: number, path: string): Promise<Uint8Array> {
  const chunk = Buffer.allocUnsafeSlow(end - start);
  for (let filled = 0; filled < chunk.length;) {
    const { bytesRead } = await readSome(handle, chunk, filled, start + filled, path);
    if (bytesRead === 0) {
      throw new CrmError("CRM_STORAGE_CORRUPT", `The file at ${path} became shorter while it was read.`, {
        details: { path },
      });
    }
    filled += bytesRead;
  }
  return chunk;
}

async function readSome(handle: FileHandle, chunk: Buffer, offset: number, position: number, path: string) {
  try {
    return await handle.read(chunk, offset, chunk.length - offset, position);
  } catch (error) {
    throw toStorageError(error, `to read ${path}`);
  }
}
