import { createPrivateKey, createPublicKey, diffieHellman } from "node:crypto";

/** DER heads of a raw X25519 key (RFC 8410): the 32 key bytes follow. */
const PRIVATE_KEY_HEAD = Buffer.from("302e020100300506032b656e04220420", "hex");
const PUBLIC_KEY_HEAD = Buffer.from("302a300506032b656e032100", "hex");

/** The shared secret of a private and a public key, both raw. */
export function agree(privateKey: Uint8Array, publicKey: Uint8Array): Buffer {
  return diffieHellman({
    privateKey: createPrivateKey({ key: Buffer.concat([PRIVATE_KEY_HEAD, privateKey]), format: "der", type: "pkcs8" }),
    publicKey: createPublicKey({ key: Buffer.concat([PUBLIC_KEY_HEAD, publicKey]), format: "der", type: "spki" }),
  });
}
