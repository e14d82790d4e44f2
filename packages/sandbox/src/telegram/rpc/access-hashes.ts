import { createHmac, randomBytes } from "node:crypto";

/**
 * Access hashes: whoever refers to a user or a file must show that the data centre told them of it. They differ from
 * viewer to viewer, and are computed, not stored.
 */
export class AccessHashes {
  readonly #secret = randomBytes(32);

  ofUser(viewerId: number, userId: number): bigint {
    return this.#compute(`user:${viewerId}:${userId}`);
  }

  ofFile(viewerId: number, fileId: bigint): bigint {
    return this.#compute(`file:${viewerId}:${fileId}`);
  }

  #compute(subject: string): bigint {
    return createHmac("sha256", this.#secret).update(subject).digest().readBigInt64LE(0);
  }
}
