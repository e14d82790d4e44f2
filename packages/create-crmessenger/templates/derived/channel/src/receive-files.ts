import { createHash } from "node:crypto";
import { isCrmError } from "@crmessenger/kernel";
import { type MediaKind, type MessagePart, sanitiseText } from "@crmessenger/kernel/communication";
import type { Storage, StoredFile } from "@crmessenger/kernel/infrastructure";
import type { TemplateNameFile, TemplateNameMessage } from "./payload.ts";
import type { TemplateNameClient } from "./template-name-client.ts";

export interface FileServices {
  readonly client: TemplateNameClient;
  readonly storage: Storage;
}

/**
 * The files of a message, fetched one after another and stored. A message that comes again finds them stored; a file
 * that Template name no longer has is shown as such, so that it does not hold up the messages after it.
 */
export async function receiveFiles(
  services: FileServices,
  accountId: string,
  { id, files }: TemplateNameMessage,
  signal: AbortSignal,
): Promise<readonly MessagePart[]> {
  const parts: MessagePart[] = [];
  for (const file of files) {
    const name = createHash("sha256")
      .update(JSON.stringify([id, file.id]))
      .digest("hex");
    const path = `inbound/${accountId}/${name}`;
    try {
      const stored = (await services.storage.stat(path)) ?? (await store(services, file, path, signal));
      parts.push({ type: "media", kind: kindOf(file.mimeType), file: stored });
    } catch (error) {
      if (!isCrmError(error, "CRM_TEMPLATE_NAME_ANSWER") || error.retryable) throw error;
      parts.push({
        type: "unsupported",
        description: `A file that could not be fetched: ${error.message}`,
        raw: { id: file.id, mimeType: file.mimeType, fileName: file.fileName ?? null },
      });
    }
  }
  return parts;
}

async function store(
  { client, storage }: FileServices,
  { id, mimeType, fileName }: TemplateNameFile,
  path: string,
  signal: AbortSignal,
): Promise<StoredFile> {
  const meta = { mimeType, ...(fileName === undefined ? {} : { fileName: sanitiseText(fileName).text }) };
  return storage.put(path, await client.download(id, signal), meta);
}

function kindOf(mimeType: string): MediaKind {
  const [family] = mimeType.split("/", 1);
  return family === "image" || family === "video" || family === "audio" ? family : "document";
}
