import { createHash } from "node:crypto";
import { CrmError, toCrmError } from "@crmessenger/kernel";
import { sanitiseText } from "@crmessenger/kernel/communication";
import type { StoredFile } from "@crmessenger/kernel/infrastructure";
import type { HttpChannelServices } from "./http-channel.ts";
import type { InboundPayload, MediaPayload } from "./payload.ts";

/** Whose message it is, and how long that matters. */
export interface MediaReceiver {
  readonly accountId: string;
  readonly signal: AbortSignal;
}

/**
 * The files of a message, fetched one after another, so that no more than one is in memory, and stored. A repetition
 * of the message finds those that were stored before.
 *
 * Rejects with `CRM_HTTP_CHANNEL_MEDIA`: 503 when the file may be had later, 422 when not.
 */
export async function receiveMedia(
  services: HttpChannelServices,
  { accountId, signal }: MediaReceiver,
  { id, media = [] }: InboundPayload,
): Promise<readonly StoredFile[]> {
  const files: StoredFile[] = [];
  for (const [index, file] of media.entries()) {
    const name = createHash("sha256")
      .update(JSON.stringify([id, file.url]))
      .digest("hex");
    const path = `inbound/${accountId}/${name}-${index}`;
    const known = await services.storage.stat(path);
    files.push(known ?? (await store(services, { file, path, number: index + 1 }, signal)));
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
  { file, path, number }: Wanted,
  signal: AbortSignal,
): Promise<StoredFile> {
  const { url, mimeType, fileName } = file;
  const request = http.request({ method: "GET", url, retries: 0, signal });
  const { status, body } = await request.catch((error: unknown) => {
    throw explain(number, error);
  });
  if (status !== 200) throw unavailable(number, `its server answered ${status}`, status === 429 || status >= 500);
  const name = fileName === undefined ? {} : { fileName: sanitiseText(fileName).text };
  return storage.put(path, body, { mimeType, ...name });
}

/** What will not change by itself. */
const FINAL: Readonly<Record<string, string>> = {
  CRM_HTTP_FORBIDDEN_ADDRESS: "its address is not public",
  CRM_HTTP_INVALID_REQUEST: "its address can't be called",
  CRM_HTTP_TOO_LARGE: "it is too large",
};

/** The other system learns that it did not work, and nothing about our network. */
function explain(number: number, error: unknown): CrmError {
  const why = FINAL[toCrmError(error).code];
  return unavailable(number, why ?? "its server did not answer", why === undefined, error);
}

function unavailable(number: number, why: string, retryable: boolean, cause?: unknown): CrmError {
  const more = retryable ? " Send the message again later." : "";
  return new CrmError("CRM_HTTP_CHANNEL_MEDIA", `File ${number} could not be fetched: ${why}.${more}`, {
    status: retryable ? 503 : 422,
    retryable,
    cause,
  });
}
