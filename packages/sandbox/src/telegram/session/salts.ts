import { createHmac, randomBytes } from "node:crypto";

const WINDOW_MS = 30 * 60 * 1000;

/**
 * Server salts (https://core.telegram.org/mtproto/description#server-salt): each key has one that changes every half
 * hour, and the one before it still counts. They are computed, not stored.
 */
export class ServerSalts {
  readonly #secret = randomBytes(32);
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  current(keyId: Buffer): bigint {
    return this.#at(keyId, this.#window());
  }

  accepts(keyId: Buffer, salt: bigint): boolean {
    const window = this.#window();
    return salt === this.#at(keyId, window) || salt === this.#at(keyId, window - 1);
  }

  #window(): number {
    return Math.floor(this.#now() / WINDOW_MS);
  }

  #at(keyId: Buffer, window: number): bigint {
    return createHmac("sha256", this.#secret).update(keyId).update(String(window)).digest().readBigInt64LE(0);
  }
}
