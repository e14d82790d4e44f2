import type { IncomingMessage } from "node:http";
import { aborted, bodyTooLarge } from "../problem/http-problems.ts";

const NOTHING = Buffer.alloc(0);

/**
 * The bytes of a request, at most `maxBytes` of them: more is `CRM_HTTP_BODY_TOO_LARGE`, at once where the length is
 * announced. A body that came in one piece is not copied.
 */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const { headers } = request;
  const announced = headers["content-length"];
  if (announced === undefined && headers["transfer-encoding"] === undefined) return Promise.resolve(NOTHING);
  if (announced !== undefined && Number(announced) > maxBytes) return Promise.reject(bodyTooLarge(maxBytes));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) return chunks.push(chunk);
      request.off("data", onData);
      reject(bodyTooLarge(maxBytes));
    };
    request.on("data", onData);
    request.once("end", () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size)));
    request.once("error", (error) => reject(aborted(error)));
  });
}

const MAX_DISCARDED_BYTES = 16 * 1024 * 1024;

/**
 * Reads on, to nowhere, when a request was answered before all of it had come: closing at once would reset the
 * connection, and the caller would never see the answer. Who sends very much more is cut off.
 */
export function discardRest(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return;
  let left = MAX_DISCARDED_BYTES;
  request.on("error", () => {}); // the caller may hang up now
  request.on("data", (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) request.destroy();
  });
  request.resume();
}
