import { randomFillSync } from "node:crypto";
import { contract } from "../contract.ts";

/** Makes identifiers. A local contract: every worker has its own. */
export interface Ids {
  /** A UUIDv7 (RFC 9562) in lower case: unique, and within one process later calls sort after earlier ones. */
  next(): string;
}

export const Ids = contract<Ids>("infrastructure.ids", 1, "local");

const POOL_BYTES = 4096;
const RANDOM_BYTES = 8;
const MAX_SEQUENCE = 0xfff;
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/**
 * UUIDv7 by RFC 9562 §6.2 method 1: 48 bits of milliseconds, a 12-bit counter that keeps ids of one millisecond
 * in order, 62 random bits. Randomness is drawn in blocks, since a system call an id would dominate the hot path.
 */
export function uuidV7(now: () => number = Date.now): Ids {
  const pool = new Uint8Array(POOL_BYTES);
  let used = POOL_BYTES;
  let last = 0;
  let sequence = 0;
  return {
    next() {
      const time = now();
      if (time > last) {
        last = time;
        sequence = 0;
      } else if (++sequence > MAX_SEQUENCE) {
        last += 1; // the counter overflowed or the clock went back: borrow from the future, order is what counts
        sequence = 0;
      }
      if (used + RANDOM_BYTES > POOL_BYTES) {
        randomFillSync(pool);
        used = 0;
      }
      const at = used;
      used += RANDOM_BYTES;
      const hex = (index: number) => HEX[pool[at + index] as number] as string;
      const ms = last.toString(16).padStart(12, "0");
      const counter = (0x7000 | sequence).toString(16);
      const variant = HEX[0x80 | ((pool[at] as number) & 0x3f)] as string;
      return `${ms.slice(0, 8)}-${ms.slice(8)}-${counter}-${variant}${hex(1)}-${hex(2)}${hex(3)}${hex(4)}${hex(5)}${hex(6)}${hex(7)}`;
    },
  };
}
