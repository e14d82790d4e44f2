import { sanitiseText } from "@crmessenger/kernel/communication";
import type { Storage, StoredFile } from "@crmessenger/kernel/infrastructure";
import { rpcTrouble } from "../connection/rpc-trouble.ts";
import type { MessageFile } from "./message-media.ts";
import { type FileSource, openFile } from "./open-file.ts";
import type { FileOutcome } from "./to-message.ts";

const MAX_FILE_NAME = 255;
const MAX_MIME_TYPE = 200;

export interface StoreFileParts {
  readonly storage: Storage;
  readonly source: FileSource;
  readonly maxBytes: number;
}

/** The file reference is too old: the message has to be asked for again. */
export const REFERENCE_EXPIRED = "reference-expired";

/**
 * Brings a message's file into Storage, unless it is there from an earlier attempt. What Telegram refuses to hand out
 * and what is too large is left out, with the reason; anything else that goes wrong rejects and is tried again.
 */
export async function storeFile(
  path: string,
  file: MessageFile,
  { storage, source, maxBytes }: StoreFileParts,
): Promise<FileOutcome | typeof REFERENCE_EXPIRED> {
  const { kind, durationSeconds, size } = file;
  const stored = (outcome: StoredFile): FileOutcome => ({
    outcome: "stored",
    kind,
    file: outcome,
    ...(durationSeconds === undefined ? {} : { durationSeconds }),
  });
  if (size > maxBytes)
    return { outcome: "left-out", reason: `A file of ${size} bytes, which is more than is stored here.` };
  const earlier = await storage.stat(path);
  if (earlier !== undefined) return stored(earlier);
  try {
    const { mimeType = file.mimeType, content } = await openFile(file, source);
    return stored(await storage.put(path, content, metaOf(mimeType, file.fileName)));
  } catch (error) {
    const trouble = rpcTrouble(error);
    if (trouble.kind !== "refused") throw error;
    if (trouble.name.startsWith("FILE_REFERENCE_")) return REFERENCE_EXPIRED;
    return { outcome: "left-out", reason: `A file that Telegram does not hand out (${trouble.name}).` };
  }
}

function metaOf(mimeType: string, fileName: string | undefined): { mimeType: string; fileName?: string } {
  const name = fileName === undefined ? "" : sanitiseText(fileName).text.slice(0, MAX_FILE_NAME).toWellFormed();
  return { mimeType: mimeType.slice(0, MAX_MIME_TYPE), ...(name === "" ? {} : { fileName: name }) };
}
