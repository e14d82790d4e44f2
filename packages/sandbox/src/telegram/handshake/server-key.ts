import { constants, createPublicKey, generateKeyPair, privateDecrypt, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import { sha1, sha256, xor } from "../crypto/hashes.ts";
import { decryptIge } from "../crypto/ige.ts";
import { tlBytes } from "../tl/tl-writer.ts";

const MODULUS_BITS = 2048;
const PADDED_DATA_BYTES = 192;
const TEMP_KEY_BYTES = 32;

/** The RSA public key of a data centre as numbers, with the fingerprint that MTProto gives it. */
export interface PublicKeyParts {
  readonly modulus: Buffer;
  readonly exponent: Buffer;
  /** The low 64 bits of SHA-1 over the TL form of the key, as they travel. */
  readonly fingerprint: Buffer;
}

/** Reads a PEM public key (https://core.telegram.org/mtproto/auth_key#41-rsa-paddata-server-public-key-mentioned-above-is-implemented-as-follows). */
export function publicKeyParts(pem: string): PublicKeyParts {
  const jwk = createPublicKey(pem).export({ format: "jwk" });
  const modulus = Buffer.from(jwk.n ?? "", "base64url");
  const exponent = Buffer.from(jwk.e ?? "", "base64url");
  return { modulus, exponent, fingerprint: sha1(tlBytes(modulus), tlBytes(exponent)).subarray(12, 20) };
}

/** The RSA key that proves to clients whom they talk to. */
export class ServerKey {
  static #ofProcess: Promise<ServerKey> | undefined;
  readonly #privateKey: KeyObject;
  /** PEM (SPKI) of the public half. */
  readonly publicKey: string;
  readonly fingerprint: Buffer;

  private constructor(privateKey: KeyObject, publicKey: string) {
    this.#privateKey = privateKey;
    this.publicKey = publicKey;
    this.fingerprint = publicKeyParts(publicKey).fingerprint;
  }

  /** The key of all sandboxes of this process: making one takes a while. */
  static ofProcess(): Promise<ServerKey> {
    ServerKey.#ofProcess ??= ServerKey.generate();
    return ServerKey.#ofProcess;
  }

  static async generate(): Promise<ServerKey> {
    const pair = await promisify(generateKeyPair)("rsa", { modulusLength: MODULUS_BITS });
    return new ServerKey(pair.privateKey, pair.publicKey.export({ type: "spki", format: "pem" }).toString());
  }

  /** Opens RSA_PAD: what a client encrypted for this key. Throws when it was made for another. */
  open(encrypted: Buffer): Buffer {
    const raw = privateDecrypt({ key: this.#privateKey, padding: constants.RSA_NO_PADDING }, encrypted);
    const sealed = raw.subarray(TEMP_KEY_BYTES);
    const tempKey = xor(raw.subarray(0, TEMP_KEY_BYTES), sha256(sealed));
    const opened = decryptIge(sealed, tempKey, Buffer.alloc(32));
    const data = Buffer.from(opened.subarray(0, PADDED_DATA_BYTES)).reverse();
    if (!sha256(tempKey, data).equals(opened.subarray(PADDED_DATA_BYTES)))
      throw new Error("The client encrypted for another data centre's key.");
    return data;
  }
}
