import { createHash } from "node:crypto";

/** WhatsApp Web's own prefix; the rest is hexadecimal of whatever the client likes. */
const PREFIX = "3EB0";

/** The WhatsApp id of a message: the same for every attempt with one key, which is what the receiver dedupes on. */
export function messageId(idempotencyKey: string): string {
  return PREFIX + createHash("sha256").update(idempotencyKey).digest("hex").slice(0, 18).toUpperCase();
}
