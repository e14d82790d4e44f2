import { createHash } from "node:crypto";
import bigInt, { type BigInteger } from "big-integer";

/**
 * What Telegram recognises a repeated message by, made of our idempotency key: 64 bits, the same for the same key, never
 * zero (which GramJS would replace by a random one).
 */
export function randomIdOf(idempotencyKey: string): BigInteger {
  const id = createHash("sha256").update(idempotencyKey).digest().readBigInt64LE(0);
  return bigInt((id === 0n ? 1n : id).toString());
}
