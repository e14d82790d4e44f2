import { createHash } from "node:crypto";
import { isCrmError } from "@crmessenger/kernel";
import type { MessagePart } from "@crmessenger/kernel/communication";
import type { FileMeta, Storage, StoredFile } from "@crmessenger/kernel/infrastructure";
import type { Content, RemoteFile } from "./content.ts";
import type { MediaSource } from "./media-source.ts";
import { TextEdge } from "./text-edge.ts";

const MAX_FILE_NAME = 255;

/** What fetching the files of a message needs. */
export interface FileStore {
  readonly storage: Storage;
  readonly source: MediaSource;
  /** Larger files are not fetched. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** Where the files of a message go: the same path whenever the same message is handled. */
export function messageFolder(accountId: string, messageId: string): string {
  const plain = /^[\w-]{1,100}$/.test(messageId);
  return `inbound/${accountId}/${plain ? messageId : createHash("sha256").update(messageId).digest("hex")}`;
}

/**
 * Fetches the files of a message into Storage, at paths made of the message's id, so that a repetition finds them
 * there. A file that can't be had any more becomes a part that says so; what may work later rejects.
 */
export async function storeFiles(
  content: Content,
  folder: string,
  files: FileStore,
): Promise<ReadonlyMap<RemoteFile, MessagePart>> {
  const stored = new Map<RemoteFile, MessagePart>();
  for (const part of content.parts) {
    if (part.type === "file") stored.set(part.file, await storeFile(part.file, `${folder}-${stored.size}`, files));
  }
  return stored;
}

async function storeFile(file: RemoteFile, path: string, files: FileStore): Promise<MessagePart> {
  if (file.size > files.maxBytes) return missing(file, `too large to fetch (${file.size} bytes)`);
  try {
    const kept = await keep(file, path, files);
    const { kind, durationSeconds } = file;
    return { type: "media", kind, file: kept, ...(durationSeconds === undefined ? {} : { durationSeconds }) };
  } catch (error) {
    if (isCrmError(error, "CRM_WHATSAPP_MEDIA_GONE")) return missing(file, "no longer on WhatsApp's servers");
    if (isCrmError(error, "CRM_WHATSAPP_MEDIA_ALTERED")) return missing(file, "not what the sender sent");
    throw error;
  }
}

async function keep(file: RemoteFile, path: string, files: FileStore): Promise<StoredFile> {
  const sha256 = Buffer.from(file.fileSha256).toString("hex");
  const found = await files.storage.stat(path);
  if (found?.sha256 === sha256) return found;
  // Somebody else's message under the same id must not replace this one's file.
  const free = found ? `${path}-${sha256.slice(0, 16)}` : path;
  const content = await files.source.fetch(file, files.signal);
  return files.storage.put(free, content, metaOf(file));
}

function metaOf({ mimeType, fileName }: RemoteFile): FileMeta {
  const named = fileName === undefined ? "" : new TextEdge().clip(fileName, MAX_FILE_NAME);
  return { mimeType, ...(named ? { fileName: named } : {}) };
}

function missing(file: RemoteFile, why: string): MessagePart {
  const { kind, mimeType, size, fileName = "" } = file;
  const name = fileName ? `"${fileName}"` : `(${kind})`;
  return { type: "unsupported", description: `A file ${name}: ${why}`, raw: { kind, mimeType, size, fileName } };
}
