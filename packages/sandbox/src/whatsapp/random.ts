import { createHash } from "node:crypto";

/**
 * Repeatable randomness (mulberry32): the same seed gives the same sequence. It decides what the faults do, never keys
 * or message ids, which are as random as on a real phone.
 */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A number in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** True with the given probability. A rate of 0 draws nothing, so that a fault that is off does not shift the others. */
  chance(rate: number): boolean {
    return rate > 0 && this.next() < rate;
  }

  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = [...items];
    for (let last = shuffled.length - 1; last > 0; last -= 1) {
      const other = Math.floor(this.next() * (last + 1));
      const moved = shuffled[last] as T;
      shuffled[last] = shuffled[other] as T;
      shuffled[other] = moved;
    }
    return shuffled;
  }
}

/**
 * The LID of a phone number: fifteen digits, as WhatsApp's are, and the same ones whenever the same number meets the
 * same seed, so that a person keeps their address when the sandbox is started again.
 */
export function lidDigits(seed: number, phoneDigits: string): string {
  const hash = createHash("sha256").update(`${seed}:${phoneDigits}`).digest();
  return String(100_000_000_000_000 + (hash.readUIntBE(0, 6) % 900_000_000_000_000));
}
