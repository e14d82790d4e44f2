import { createHash, randomBytes } from "node:crypto";

const TOKEN_BYTES = 32;

/** 256 random bits, safe in headers and addresses. */
export function randomToken(): string {
  return randomBytes(TOKEN_BYTES).toString("base64url");
}

/**
 * Under what a token is kept. SHA-256 without salt or stretching is enough because tokens are random and long: there
 * is nothing to guess.
 */
export function digestOf(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}
