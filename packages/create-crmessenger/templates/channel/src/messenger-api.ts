import { CrmError } from "@crmessenger/kernel";
import type { HttpClient, HttpResponse } from "@crmessenger/kernel/infrastructure";
import { z } from "zod";

const update = z.object({
  /** Rises with every message of the account. */
  number: z.number().int(),
  chat: z.string(),
  sender: z.object({ id: z.string(), name: z.string() }),
  text: z.string(),
  sentAt: z.iso.datetime(),
});
export type Update = z.output<typeof update>;

const updates = z.object({ updates: z.array(update) });
const sent = z.object({ id: z.string() });
const me = z.object({ id: z.string(), name: z.string() });

/** The provider's HTTP API: the one place that knows its paths and its JSON. */
export class MessengerApi {
  readonly #http: HttpClient;
  readonly #url: string;
  readonly #token: string;

  constructor(http: HttpClient, url: string, token: string) {
    this.#http = http;
    this.#url = url.replace(/\/+$/, "");
    this.#token = token;
  }

  /** Whose token it is; undefined when the provider does not know it. */
  async me(): Promise<z.output<typeof me> | undefined> {
    const response = await this.#request("GET", "/me");
    return response.status === 401 ? undefined : me.parse(content(response));
  }

  /** What came after the update of this number, which with this call is settled and not offered again. */
  async updates(after: number, signal: AbortSignal): Promise<readonly Update[]> {
    return updates.parse(content(await this.#request("GET", `/updates?after=${after}`, { signal }))).updates;
  }

  /** The provider takes a key once: repeated, it answers with the message that it made the first time. */
  send(key: string, message: { readonly chat: string; readonly text: string }): Promise<HttpResponse> {
    return this.#request("POST", "/messages", { body: JSON.stringify({ key, ...message }) });
  }

  /** The id in the answer to `send`. */
  static sentId(response: HttpResponse): string {
    return sent.parse(content(response)).id;
  }

  #request(
    method: "GET" | "POST",
    path: string,
    rest: { readonly body?: string; readonly signal?: AbortSignal } = {},
  ): Promise<HttpResponse> {
    const headers = { authorization: `Bearer ${this.#token}`, "content-type": "application/json" };
    return this.#http.request({ method, url: `${this.#url}${path}`, headers, ...rest });
  }
}

function content({ status, body }: HttpResponse): unknown {
  if (status === 200) return JSON.parse(Buffer.from(body).toString("utf8"));
  throw new CrmError("CRM_TEMPLATE_NAME_ANSWER", `Template name answered ${status}.`, { retryable: status >= 500 });
}
