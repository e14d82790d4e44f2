import { pbkdf2Sync, randomBytes } from "node:crypto";
import { modPow, toBigInt, toBytes } from "./big-numbers.ts";
import { DH_BYTES, DH_GENERATOR, DH_PRIME, DH_PRIME_BYTES, isGoodPublicValue } from "./dh-group.ts";
import { sha256, xor } from "./hashes.ts";

const PBKDF2_ROUNDS = 100_000;
const GENERATOR_BYTES = toBytes(BigInt(DH_GENERATOR), DH_BYTES);

/** One question put to a client that says it knows the password. */
export interface SrpChallenge {
  /** The public value B, sent to the client. */
  readonly publicValue: Buffer;
  readonly secret: bigint;
}

/**
 * The server's half of the two-step verification password check (SRP, https://core.telegram.org/api/srp). Deriving the
 * verifier takes some 50 ms and happens on first use.
 */
export class SrpVerifier {
  readonly salt1 = randomBytes(16);
  readonly salt2 = randomBytes(16);
  readonly #password: string;
  #verifier: bigint | undefined;

  constructor(password: string) {
    this.#password = password;
  }

  challenge(): SrpChallenge {
    const secret = toBigInt(randomBytes(DH_BYTES));
    const k = toBigInt(sha256(DH_PRIME_BYTES, GENERATOR_BYTES));
    const mixed = (k * this.#derived() + modPow(BigInt(DH_GENERATOR), secret, DH_PRIME)) % DH_PRIME;
    return { publicValue: toBytes(mixed, DH_BYTES), secret };
  }

  /** Whether the proof `M1` with the client's public value `A` answers the challenge: only someone with the password can. */
  verify(challenge: SrpChallenge, clientValue: Buffer, proof: Buffer): boolean {
    const client = toBigInt(clientValue);
    if (!isGoodPublicValue(client)) return false;
    const padded = toBytes(client, DH_BYTES);
    const u = toBigInt(sha256(padded, challenge.publicValue));
    const shared = modPow((client * modPow(this.#derived(), u, DH_PRIME)) % DH_PRIME, challenge.secret, DH_PRIME);
    const expected = sha256(
      xor(sha256(DH_PRIME_BYTES), sha256(GENERATOR_BYTES)),
      sha256(this.salt1),
      sha256(this.salt2),
      padded,
      challenge.publicValue,
      sha256(toBytes(shared, DH_BYTES)),
    );
    return expected.equals(proof);
  }

  #derived(): bigint {
    this.#verifier ??= modPow(BigInt(DH_GENERATOR), toBigInt(this.#hashPassword()), DH_PRIME);
    return this.#verifier;
  }

  #hashPassword(): Buffer {
    const inner = sha256(this.salt1, Buffer.from(this.#password, "utf8"), this.salt1);
    const middle = sha256(this.salt2, inner, this.salt2);
    const stretched = pbkdf2Sync(middle, this.salt1, PBKDF2_ROUNDS, 64, "sha512");
    return sha256(this.salt2, stretched, this.salt2);
  }
}
