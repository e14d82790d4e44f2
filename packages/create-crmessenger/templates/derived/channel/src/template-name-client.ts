import { CrmError } from "@crmessenger/kernel";
import type { FileMeta, HttpClient, HttpRequest, HttpResponse } from "@crmessenger/kernel/infrastructure";
import type { z } from "zod";
import { type TemplateNameAccount, type TemplateNameUpdate, account, updates, uploaded } from "./payload.ts";

export interface TemplateNameAccess {
  readonly baseUrl: string;
  readonly token: string;
}

/** What is posted for a message of ours. */
export interface TemplateNameDraft {
  readonly text?: string;
  readonly fileId?: string;
  readonly replyTo?: string;
}

/** Seconds that Template name keeps a question for updates open when there are none. */
const WAIT_SECONDS = 25;
const SLACK_MS = 10_000;

/**
 * Template name's REST API. An answer that is neither success nor what the method says is `CRM_TEMPLATE_NAME_ANSWER`, a token that
 * Template name does not know `CRM_TEMPLATE_NAME_TOKEN` (401); what HttpClient rejects with comes through.
 */
export class TemplateNameClient {
  readonly #http: HttpClient;
  readonly #access: TemplateNameAccess;

  constructor(http: HttpClient, access: TemplateNameAccess) {
    this.#http = http;
    this.#access = access;
  }

  /** The account that the token belongs to. */
  async me(signal: AbortSignal): Promise<TemplateNameAccount> {
    return read(await this.#call({ method: "GET", url: "/v1/me", signal }), account);
  }

  /** Waits for updates after a sequence number, which confirms those up to it: Template name forgets them. */
  async updates(after: number, signal: AbortSignal): Promise<readonly TemplateNameUpdate[]> {
    const url = `/v1/updates?after=${after}&wait=${WAIT_SECONDS}`;
    const timeoutMs = WAIT_SECONDS * 1_000 + SLACK_MS;
    return read(await this.#call({ method: "GET", url, timeoutMs, retries: 0, signal }), updates).updates;
  }

  async download(fileId: string, signal: AbortSignal): Promise<Uint8Array> {
    const response = await this.#call({ method: "GET", url: `/v1/files/${encodeURIComponent(fileId)}`, signal });
    if (response.status !== 200) throw unexpected(response);
    return response.body;
  }

  /** Answers the id that a message can name. A repeated key is the same file. */
  async upload(file: FileMeta, content: Uint8Array, key: string, signal: AbortSignal): Promise<string> {
    const name = file.fileName === undefined ? {} : { "x-file-name": encodeURIComponent(file.fileName) };
    const headers = { "content-type": file.mimeType, "idempotency-key": key, ...name };
    const response = await this.#call({ method: "POST", url: "/v1/files", headers, body: content, signal });
    return read(response, uploaded).id;
  }

  /** Any answer is the caller's to judge. A repeated key is the same message. */
  send(chatId: string, draft: TemplateNameDraft, key: string, signal: AbortSignal): Promise<HttpResponse> {
    const url = `/v1/chats/${encodeURIComponent(chatId)}/messages`;
    const headers = { "content-type": "application/json", "idempotency-key": key };
    return this.#call({ method: "POST", url, headers, body: JSON.stringify(draft), signal });
  }

  async #call({ url, headers, ...request }: HttpRequest): Promise<HttpResponse> {
    const { baseUrl, token } = this.#access;
    const response = await this.#http.request({
      ...request,
      url: baseUrl.replace(/\/$/, "") + url,
      headers: { ...headers, authorization: `Bearer ${token}` },
    });
    if (response.status === 401) throw unknownToken();
    return response;
  }
}

const utf8 = new TextDecoder();

/** The body of a success, checked. */
export function read<T extends z.ZodType>(response: HttpResponse, schema: T): z.output<T> {
  if (response.status < 200 || response.status > 299) throw unexpected(response);
  try {
    return schema.parse(JSON.parse(utf8.decode(response.body)));
  } catch (error) {
    throw new CrmError("CRM_TEMPLATE_NAME_ANSWER", "Template name's answer is not what its API promises.", {
      status: 502,
      retryable: true,
      cause: error,
    });
  }
}

export function unexpected({ status }: HttpResponse): CrmError {
  const retryable = status === 408 || status === 429 || status >= 500;
  return new CrmError("CRM_TEMPLATE_NAME_ANSWER", `Template name answered ${status}.`, {
    status: retryable ? 502 : 422,
    retryable,
    details: { status },
  });
}

function unknownToken(): CrmError {
  return new CrmError("CRM_TEMPLATE_NAME_TOKEN", "Template name does not know this token. Log in with a new one.", {
    status: 401,
  });
}
