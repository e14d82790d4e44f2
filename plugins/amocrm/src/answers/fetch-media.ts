import { CrmError } from "@crmessenger/kernel";
import type { HttpClient, Storage, StoredFile } from "@crmessenger/kernel/infrastructure";
import type { Answer } from "./answer-box.ts";

const UNKNOWN_TYPE = "application/octet-stream";

/**
 * Fetches the file of an answer into Storage, at a path that a repetition overwrites. Rejects with
 * `CRM_AMOCRM_MEDIA`: retryable unless amoCRM says that there is no such file.
 */
export async function fetchMedia(
  parts: { readonly http: HttpClient; readonly storage: Storage; readonly timeoutMs: number },
  amoId: string,
  { media, fileName }: Answer,
): Promise<StoredFile | undefined> {
  if (media === "") return undefined;
  const { status, headers, body } = await parts.http.request({
    method: "GET",
    url: media,
    timeoutMs: parts.timeoutMs,
    circuit: "amocrm.files",
  });
  if (status !== 200) {
    const gone = status >= 400 && status < 500 && status !== 429;
    const what = `The file of an answer could not be fetched: amoCRM answered ${status}.`;
    throw new CrmError("CRM_AMOCRM_MEDIA", what, { retryable: !gone, details: { status } });
  }
  const mimeType = headers["content-type"]?.split(";")[0]?.trim() ?? UNKNOWN_TYPE;
  const path = `amocrm/answers/${amoId.replaceAll(/[^A-Za-z0-9_-]/gu, "_")}`;
  return parts.storage.put(path, body, { mimeType, ...(fileName === "" ? {} : { fileName }) });
}
