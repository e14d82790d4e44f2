import { createDecipheriv, createHash, createHmac, timingSafeEqual } from "node:crypto";
import { request, type Agent } from "node:https";
import type { IncomingMessage } from "node:http";
import { Readable, Transform } from "node:stream";
import { DEF_MEDIA_HOST, getMediaKeys, type MediaType } from "@whiskeysockets/baileys";
import { CrmError } from "@crmessenger/kernel";
import type { MediaKind } from "@crmessenger/kernel/communication";
import type { RemoteFile } from "./content.ts";

const TIMEOUT_MS = 30_000;
const MAC_BYTES = 10;
const BLOCK_BYTES = 16;

/** Whose keys a kind of file is encrypted with. */
export const MEDIA_TYPE: Readonly<Record<MediaKind, MediaType>> = {
  image: "image",
  video: "video",
  voice: "audio",
  audio: "audio",
  document: "document",
  sticker: "sticker",
};

/** Where the encrypted files of messages are fetched from. */
export interface MediaSource {
  /**
   * The decrypted file. The stream fails with `CRM_WHATSAPP_MEDIA_ALTERED` when the bytes are not what the message
   * promised. Rejects with `CRM_WHATSAPP_MEDIA_GONE` when the file is no longer there, otherwise retryably with
   * `CRM_WHATSAPP_MEDIA_UNREACHABLE`.
   */
  fetch(file: RemoteFile, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>;
}

/**
 * WhatsApp's media host. A message carries a whole address as well, but that one is the sender's to choose: only the
 * path is taken from it.
 */
export function mediaSource(host: string = DEF_MEDIA_HOST, agent?: Agent): MediaSource {
  return {
    async fetch(file, signal) {
      const response = await get(`https://${host}${file.directPath}`, { agent, signal });
      const decrypted = response.pipe(await decipher(file));
      response.on("error", (error) => decrypted.destroy(unreachable(error)));
      return Readable.toWeb(decrypted) as ReadableStream<Uint8Array>;
    },
  };
}

function get(url: string, options: { agent: Agent | undefined; signal: AbortSignal }): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { agent, signal } = options;
    const sent = request(url, { signal, timeout: TIMEOUT_MS, ...(agent ? { agent } : {}) }, (response) => {
      if (response.statusCode === 200) return resolve(response);
      response.resume();
      reject(refused(response.statusCode ?? 0));
    });
    sent.on("timeout", () => sent.destroy(new Error("The media host did not answer in time.")));
    sent.on("error", (error) => reject(unreachable(error)));
    sent.end();
  });
}

function refused(status: number): CrmError {
  if (status === 403 || status === 404 || status === 410) {
    return new CrmError("CRM_WHATSAPP_MEDIA_GONE", "The file is no longer on WhatsApp's servers; ask for it again.", {
      status: 410,
      details: { status },
    });
  }
  return unreachable(new Error(`The media host answered with status ${status}.`));
}

function unreachable(cause: Error): CrmError {
  const message = `WhatsApp's media host can't be reached: ${cause.message}`;
  return new CrmError("CRM_WHATSAPP_MEDIA_UNREACHABLE", message, { status: 503, retryable: true, cause });
}

function altered(): CrmError {
  return new CrmError("CRM_WHATSAPP_MEDIA_ALTERED", "The file is not the one the message names; ask for it again.", {
    status: 422,
  });
}

/** AES-256-CBC followed by ten bytes of HMAC over IV and ciphertext; the message names the hash of the result. */
async function decipher(file: RemoteFile): Promise<Transform> {
  const keys = await getMediaKeys(file.mediaKey, MEDIA_TYPE[file.kind]);
  const aes = createDecipheriv("aes-256-cbc", keys.cipherKey, keys.iv);
  const mac = createHmac("sha256", keys.macKey ?? Buffer.alloc(0)).update(keys.iv);
  const hash = createHash("sha256");
  let tail = Buffer.alloc(0);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const bytes = Buffer.concat([tail, chunk]);
      const end = Math.max(0, bytes.length - MAC_BYTES - BLOCK_BYTES);
      tail = bytes.subarray(end);
      const encrypted = bytes.subarray(0, end);
      mac.update(encrypted);
      const plain = aes.update(encrypted);
      hash.update(plain);
      done(null, plain);
    },
    flush(done) {
      const last = tail.subarray(0, -MAC_BYTES);
      const expected = mac.update(last).digest().subarray(0, MAC_BYTES);
      const actual = tail.subarray(-MAC_BYTES);
      if (actual.length !== MAC_BYTES || !timingSafeEqual(actual, expected)) return done(altered());
      const plain = Buffer.concat([aes.update(last), aes.final()]);
      const intact = hash.update(plain).digest().equals(file.fileSha256);
      done(intact ? null : altered(), plain);
    },
  });
}
