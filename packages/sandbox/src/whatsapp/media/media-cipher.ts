import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from "node:crypto";
import type { MediaKind } from "../content/phone-message.ts";

const MAC_BYTES = 10;

/** What a file's keys are derived with: one label for each kind of media. */
const KEY_LABEL: Record<MediaKind, string> = {
  image: "WhatsApp Image Keys",
  sticker: "WhatsApp Image Keys",
  video: "WhatsApp Video Keys",
  voice: "WhatsApp Audio Keys",
  audio: "WhatsApp Audio Keys",
  document: "WhatsApp Document Keys",
};

/** A file as it lies on the media host, with what the message has to say about it. */
export interface SealedMedia {
  readonly blob: Buffer;
  readonly mediaKey: Buffer;
  readonly fileSha256: Buffer;
  readonly fileEncSha256: Buffer;
}

/** AES-256-CBC, then the first ten bytes of HMAC-SHA256 over IV and ciphertext, under keys made from a fresh media key. */
export function sealMedia(bytes: Uint8Array, kind: MediaKind): SealedMedia {
  const mediaKey = randomBytes(32);
  const keys = deriveKeys(mediaKey, kind);
  const cipher = createCipheriv("aes-256-cbc", keys.cipherKey, keys.iv);
  const encrypted = Buffer.concat([cipher.update(bytes), cipher.final()]);
  const blob = Buffer.concat([encrypted, mac(encrypted, keys)]);
  return { blob, mediaKey, fileSha256: sha256(bytes), fileEncSha256: sha256(blob) };
}

/** Throws when the file was altered or the key is another file's. */
export function openMedia(sealed: SealedMedia, kind: MediaKind): Buffer {
  const keys = deriveKeys(sealed.mediaKey, kind);
  const encrypted = sealed.blob.subarray(0, -MAC_BYTES);
  const expected = mac(encrypted, keys);
  const actual = sealed.blob.subarray(-MAC_BYTES);
  if (actual.length !== MAC_BYTES || !timingSafeEqual(actual, expected)) {
    throw new Error("The media file does not carry the authentication code its key demands.");
  }
  if (!sha256(sealed.blob).equals(sealed.fileEncSha256))
    throw new Error("The media file is not the one the message names.");
  const decipher = createDecipheriv("aes-256-cbc", keys.cipherKey, keys.iv);
  const bytes = Buffer.concat([decipher.update(encrypted), decipher.final()]);
  if (!sha256(bytes).equals(sealed.fileSha256)) throw new Error("The decrypted file is not the one the message names.");
  return bytes;
}

interface MediaKeys {
  readonly iv: Buffer;
  readonly cipherKey: Buffer;
  readonly macKey: Buffer;
}

function deriveKeys(mediaKey: Uint8Array, kind: MediaKind): MediaKeys {
  const expanded = Buffer.from(hkdfSync("sha256", mediaKey, Buffer.alloc(32), KEY_LABEL[kind], 112));
  return { iv: expanded.subarray(0, 16), cipherKey: expanded.subarray(16, 48), macKey: expanded.subarray(48, 80) };
}

function mac(encrypted: Uint8Array, { iv, macKey }: MediaKeys): Buffer {
  return createHmac("sha256", macKey).update(iv).update(encrypted).digest().subarray(0, MAC_BYTES);
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}
