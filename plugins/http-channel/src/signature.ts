import { createHmac, timingSafeEqual } from "node:crypto";

/** How far a timestamp may be from now, both ways, in seconds: as Standard Webhooks recommends. */
const TOLERANCE_SECONDS = 300;
const PREFIX = "whsec_";

/** A signing key as bytes. Standard Webhooks writes it in base64, optionally with the prefix `whsec_`. */
export type SigningKey = Buffer;

/** The key, or undefined when the text is not one (24 to 64 bytes in base64). */
export function parseSigningKey(secret: string): SigningKey | undefined {
  const encoded = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return undefined;
  const key = Buffer.from(encoded, "base64");
  return key.length >= 24 && key.length <= 64 ? key : undefined;
}

/** The three headers of Standard Webhooks for these bytes. */
export function sign(key: SigningKey, message: { readonly id: string; readonly at: number; readonly body: string }) {
  const timestamp = String(Math.floor(message.at / 1000));
  const signature = createHmac("sha256", key)
    .update(`${message.id}.${timestamp}.`)
    .update(message.body)
    .digest("base64");
  return { "webhook-id": message.id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${signature}` };
}

/**
 * Why a request is not authentic, or undefined when it is. Verified over the bytes as they came; the header may hold
 * several signatures, of which one must be ours (that is how keys are rotated).
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function refuseSignature(
  key: SigningKey,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
  now: number,
): string | undefined {
  const id = headers["webhook-id"];
  const timestamp = headers["webhook-timestamp"];
  const signatures = headers["webhook-signature"];
  if (!id || !timestamp || !signatures)
    return "The headers webhook-id, webhook-timestamp and webhook-signature are needed.";
  if (!/^\d{1,12}$/.test(timestamp)) return "webhook-timestamp must be a number of seconds.";
  if (Math.abs(now / 1000 - Number(timestamp)) > TOLERANCE_SECONDS)
    return "webhook-timestamp is more than five minutes off.";
  const expected = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest();
  for (const part of signatures.split(" ")) {
    if (!part.startsWith("v1,")) continue;
    const given = Buffer.from(part.slice(3), "base64");
    if (given.length === expected.length && timingSafeEqual(given, expected)) return undefined;
  }
  return "The signature does not fit the body.";
}
