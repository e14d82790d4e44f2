import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { HttpRequest } from "../http/listen.ts";

const VALIDITY_MS = 15 * 60_000;

/** What a request to the chats API signs. */
export interface SignedParts {
  readonly method: string;
  /** Without host and query. */
  readonly path: string;
  readonly contentType: string;
  readonly date: string;
  readonly body: Uint8Array | string;
}

/** MD5 of a body, as `Content-MD5` carries it: lower-case hex. */
export function contentMd5(body: Uint8Array | string): string {
  return createHash("md5").update(body).digest("hex");
}

/** `X-Signature` of a request to the chats API: HMAC-SHA1 over method, body hash, type, date and path. */
export function signRequest(secret: string, parts: SignedParts): string {
  const lines = [parts.method.toUpperCase(), contentMd5(parts.body), parts.contentType, parts.date, parts.path];
  return createHmac("sha1", secret).update(lines.join("\n")).digest("hex");
}

/** `X-Signature` of a hook that amoCRM sends: HMAC-SHA1 over the bytes of the body. */
export function signHook(secret: string, body: Uint8Array | string): string {
  return createHmac("sha1", secret).update(body).digest("hex");
}

/** What is wrong with the signature of a request, or nothing. */
export function signatureFault(secret: string, request: HttpRequest, now: number): string | undefined {
  const date = request.headers.date ?? "";
  const sentAt = Date.parse(date);
  if (Number.isNaN(sentAt)) return "The Date header is missing or is not in the RFC 2822 format";
  if (Math.abs(now - sentAt) > VALIDITY_MS) return "The Date header is more than 15 minutes away";
  if (request.headers["content-md5"] !== contentMd5(request.body)) return "Content-MD5 does not match the body";
  const contentType = request.headers["content-type"];
  if (contentType === undefined) return "The Content-Type header is missing";
  const expected = signRequest(secret, {
    method: request.method,
    path: request.path,
    contentType,
    date,
    body: request.body,
  });
  const given = request.headers["x-signature"];
  return typeof given === "string" && sameText(given, expected) ? undefined : "X-Signature does not match";
}

function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
