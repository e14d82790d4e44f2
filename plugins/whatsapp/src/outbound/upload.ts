import { unlink } from "node:fs/promises";
import { Readable } from "node:stream";
import type { ReadableStream as NodeReadableStream } from "node:stream/web";
import { encryptedStream, type WASocket } from "@whiskeysockets/baileys";
import { CrmError } from "@crmessenger/kernel";
import type { Storage } from "@crmessenger/kernel/infrastructure";
import { MEDIA_TYPE } from "../inbound/media-source.ts";
import type { OutboundContent, UploadedFile } from "./from-message.ts";

const TIMEOUT_MS = 120_000;

/** Encrypts a stored file piece by piece and uploads it. Rejects retryably when the media host can't be reached. */
export async function upload(
  { kind, file }: NonNullable<OutboundContent["media"]>,
  storage: Storage,
  socket: WASocket,
): Promise<UploadedFile> {
  const content = await storage.get(file.path);
  const stream = Readable.fromWeb(content as NodeReadableStream<Uint8Array>);
  const type = MEDIA_TYPE[kind];
  const sealed = await encryptedStream({ stream }, type);
  try {
    const fileEncSha256B64 = sealed.fileEncSha256.toString("base64");
    const { mediaUrl, directPath } = await socket.waUploadToServer(sealed.encFilePath, {
      mediaType: type,
      fileEncSha256B64,
      timeoutMs: TIMEOUT_MS,
    });
    const { mediaKey, fileSha256, fileEncSha256, fileLength } = sealed;
    return { url: mediaUrl, directPath, mediaKey, fileSha256, fileEncSha256, fileLength };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CrmError("CRM_WHATSAPP_UPLOAD_FAILED", `The file could not be uploaded to WhatsApp: ${reason}`, {
      status: 503,
      retryable: true,
      cause,
    });
  } finally {
    await unlink(sealed.encFilePath);
  }
}
