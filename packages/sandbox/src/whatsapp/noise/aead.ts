import { createCipheriv, createDecipheriv } from "node:crypto";

const TAG_BYTES = 16;

/** What an AES-256-GCM call of Noise is keyed with: the counter is the last four bytes of the nonce. */
export interface AeadKey {
  readonly key: Uint8Array;
  readonly counter: number;
  readonly associatedData?: Uint8Array;
}

export function seal(plaintext: Uint8Array, { key, counter, associatedData }: AeadKey): Buffer {
  const cipher = createCipheriv("aes-256-gcm", key, nonce(counter));
  if (associatedData) cipher.setAAD(associatedData);
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** Throws when the bytes are not what was sealed with this key, counter and associated data. */
export function open(sealed: Uint8Array, { key, counter, associatedData }: AeadKey): Buffer {
  if (sealed.length < TAG_BYTES) throw new Error("The encrypted frame is shorter than its authentication tag.");
  const end = sealed.length - TAG_BYTES;
  const decipher = createDecipheriv("aes-256-gcm", key, nonce(counter));
  if (associatedData) decipher.setAAD(associatedData);
  decipher.setAuthTag(sealed.subarray(end));
  return Buffer.concat([decipher.update(sealed.subarray(0, end)), decipher.final()]);
}

function nonce(counter: number): Buffer {
  const iv = Buffer.alloc(12);
  iv.writeUInt32BE(counter, 8);
  return iv;
}
