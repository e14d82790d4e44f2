import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { aborted } from "../problem/http-problems.ts";

/**
 * Sends a stream as the body. When it fails, the connection is cut and this rejects with the reason; a caller who
 * leaves is `CRM_HTTP_ABORTED`.
 */
export async function pour(content: ReadableStream<Uint8Array>, response: ServerResponse): Promise<void> {
  try {
    await pipeline(Readable.fromWeb(content as Parameters<typeof Readable.fromWeb>[0]), response);
  } catch (error) {
    throw (error as { code?: unknown }).code === "ERR_STREAM_PREMATURE_CLOSE" ? aborted(error) : error;
  }
}
