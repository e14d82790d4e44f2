import { randomBytes } from "node:crypto";

/** An id as phones make them: "3A" and nine random bytes, upper-case hex. */
export function newMessageId(): string {
  return `3A${randomBytes(9).toString("hex").toUpperCase()}`;
}
