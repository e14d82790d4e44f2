import {
  type KeyObject,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  randomBytes,
  sign,
} from "node:crypto";

/** How deliveries are signed: `v1` with a secret that both sides know, `v1a` with a key whose public half receivers get. */
export type SignatureScheme = "v1" | "v1a";

/** A secret as Standard Webhooks writes it: `whsec_…` or `whsk_…`, base64 after the prefix. */
export interface SigningSecret {
  readonly scheme: SignatureScheme;
  readonly secret: string;
}

const PREFIX = { shared: "whsec_", private: "whsk_", public: "whpk_" } as const;

/** The DER wrapping of a raw Ed25519 key (RFC 8410), which is constant. */
const PKCS8_HEAD = Buffer.from("302e020100300506032b657004220420", "hex");
const SEED_BYTES = 32;

export function makeSigningSecret(scheme: SignatureScheme): SigningSecret {
  if (scheme === "v1") return { scheme, secret: PREFIX.shared + randomBytes(32).toString("base64") };
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  // The spec's form: the seed with the public key behind it.
  const raw = Buffer.concat([seedOf(privateKey), publicBytes(publicKey)]);
  return { scheme, secret: PREFIX.private + raw.toString("base64") };
}

/** What a receiver verifies with: the shared secret, or the public key. */
export function verifyingSecret({ scheme, secret }: SigningSecret): string {
  if (scheme === "v1") return secret;
  return PREFIX.public + publicBytes(createPublicKey(privateKeyOf(secret))).toString("base64");
}

/** Signs deliveries with a secret that was parsed once. */
export type Signer = (id: string, timestamp: string, body: string) => string;

export function signerOf({ scheme, secret }: SigningSecret): Signer {
  if (scheme === "v1a") {
    const key = privateKeyOf(secret);
    return (id, timestamp, body) =>
      `v1a,${sign(null, Buffer.from(`${id}.${timestamp}.${body}`), key).toString("base64")}`;
  }
  const key = createSecretKey(secret.slice(PREFIX.shared.length), "base64");
  return (id, timestamp, body) =>
    `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest("base64")}`;
}

function privateKeyOf(secret: string): KeyObject {
  const seed = Buffer.from(secret.slice(PREFIX.private.length), "base64").subarray(0, SEED_BYTES);
  return createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: "der", type: "pkcs8" });
}

function seedOf(key: KeyObject): Buffer {
  return key.export({ format: "der", type: "pkcs8" }).subarray(-SEED_BYTES);
}

function publicBytes(key: KeyObject): Buffer {
  return key.export({ format: "der", type: "spki" }).subarray(-SEED_BYTES);
}
