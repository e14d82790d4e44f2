import { createHash } from "node:crypto";
import { CrmError, toCrmError } from "@crmessenger/kernel";
import { type ChannelHost, sanitiseText } from "@crmessenger/kernel/communication";
import type { StoredFile } from "@crmessenger/kernel/infrastructure";
import type { HttpChannelServices } from "./http-channel.ts";
import type { InboundPayload, MediaPayload } from "./payload.ts";

/**
 * The files of a message, fetched one after another, so that no more than one is in memory, and stored. A repetition
 * of the message finds those that were stored before.
 *
 * Rejects with `CRM_HTTP_CHANNEL_MEDIA`: 503 when the file may be had later, 422 when not.
 */
export async function receiveMedia(
  services: HttpChannelServices,
  host: ChannelHost,
  { id, media = [] }: InboundPayload,
): Promise<readonly StoredFile[]> {
  const files: StoredFile[] = [];
  for (const [index, file] of media.entries()) {
    const name = createHash("sha256")
      .update(JSON.stringify([id, file.url]))
      .digest("hex");
    const path = `inbound/${host.account.id}/${name}-${index}`;
    files.push((await services.storage.stat(path)) ?? (await store(services, host, { file, path, number: index + 1 })));
  }
  return files;
}

interface Wanted {
  readonly file: MediaPayload;
  readonly path: string;
  /** Among the files of the message, from 1. */
  readonly number: number;
}

async function store(
  { http, storage }: HttpChannelServices,
  host: ChannelHost,
  { file, path, number }: Wanted,
): Promise<StoredFile> {
  const { url, mimeType, fileName } = file;
  const request = http.request({ method: "GET", url, retries: 0, signal: host.signal });
  const { status, body } = await request.catch((error: unknown) => {
    throw explain(number, error);
  });
  if (status !== 200) throw unavailable(number, `its server answered ${status}`, status === 429 || status >= 500);
  const name = fileName === undefined ? {} : { fileName: sanitiseText(fileName).text };
  return storage.put(path, body, { mimeType, ...name });
}

/** The other system learns that it did not work, and nothing about our network. */
function explain(number: number, error: unknown): CrmError {
  const { code, retryable } = toCrmError(error);
  if (code === "CRM_HTTP_FORBIDDEN_ADDRESS") return unavailable(number, "its address is not public", false, error);
  if (code === "CRM_HTTP_TOO_LARGE") return unavailable(number, "it is too large", false, error);
  return unavailable(number, retryable ? "its server did not answer" : "its address can't be called", retryable, error);
}

function unavailable(number: number, why: string, retryable: boolean, cause?: unknown): CrmError {
  const more = retryable ? " Send the message again later." : "";
  return new CrmError("CRM_HTTP_CHANNEL_MEDIA", `File ${number} could not be fetched: ${why}.${more}`, {
    status: retryable ? 503 : 422,
    retryable,
    cause,
  });
}
