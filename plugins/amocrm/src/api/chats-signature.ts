import { createHash, createHmac, timingSafeEqual } from "node:crypto";

const CONTENT_TYPE = "application/json";

/** What is signed of a request to the chats API. */
export interface SignedRequest {
  readonly method: string;
  /** Without host and query. */
  readonly path: string;
  /** The very bytes that are sent. */
  readonly body: string;
  /** Milliseconds since the epoch; amoCRM accepts 15 minutes of difference. */
  readonly at: number;
}

/**
 * The headers that amoCRM's chats API wants: the signature is HMAC-SHA1 in hex over method, MD5 of the body, content
 * type, date and path, joined by line feeds (amoCRM, "Chats API, step by step").
 */
export function signedHeaders(secret: string, request: SignedRequest): Readonly<Record<string, string>> {
  const date = new Date(request.at).toUTCString().replace("GMT", "+0000");
  const md5 = createHash("md5").update(request.body).digest("hex");
  const text = [request.method, md5, CONTENT_TYPE, date, request.path].join("\n");
  return {
    date,
    "content-type": CONTENT_TYPE,
    "content-md5": md5,
    "x-signature": createHmac("sha1", secret).update(text).digest("hex"),
  };
}

/**
 * Whether a hook of amoCRM's chats is genuine: `X-Signature` is HMAC-SHA1 in hex over the body. Some senders sign it
 * without the line feed at its end.
 */
export function isGenuineHook(secret: string, body: Uint8Array, signature: string | undefined): boolean {
  if (signature === undefined) return false;
  if (matches(secret, body, signature)) return true;
  const trimmed = withoutLineFeed(body);
  return trimmed.length !== body.length && matches(secret, trimmed, signature);
}

function matches(secret: string, body: Uint8Array, signature: string): boolean {
  const expected = Buffer.from(createHmac("sha1", secret).update(body).digest("hex"));
  const given = Buffer.from(signature.toLowerCase());
  return expected.length === given.length && timingSafeEqual(expected, given);
}

function withoutLineFeed(body: Uint8Array): Uint8Array {
  let end = body.length;
  while (end > 0 && (body[end - 1] === 0x0a || body[end - 1] === 0x0d)) end -= 1;
  return body.subarray(0, end);
}
