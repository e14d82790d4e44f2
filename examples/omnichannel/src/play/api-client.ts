import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

const RETRY_MS = 200;
const PATIENCE_MS = 120_000;
const REQUEST_TIMEOUT_MS = 35_000;

/** The API refused, and repeating would not help. */
export class ApiRefusal extends Error {
  override readonly name = "ApiRefusal";
  readonly status: number;

  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

/**
 * A client of the application's REST API, as any integration would write it: every change carries an idempotency
 * key, so that it may be repeated when the application was not there to answer.
 */
export class ApiClient {
  readonly #url: string;
  readonly #token: () => string | undefined;

  constructor(url: string, token: () => string | undefined) {
    this.#url = url;
    this.#token = token;
  }

  get<T>(path: string): Promise<T> {
    return this.#persist<T>("GET", path, {});
  }

  post<T>(path: string, body: unknown): Promise<T> {
    return this.#persist<T>("POST", path, {
      body: JSON.stringify(body),
      headers: { "content-type": "application/json", "idempotency-key": randomUUID() },
    });
  }

  async delete(path: string): Promise<void> {
    await this.#persist("DELETE", path, { headers: { "idempotency-key": randomUUID() } });
  }

  upload<T>(path: string, bytes: Uint8Array, headers: Readonly<Record<string, string>>): Promise<T> {
    return this.#persist<T>("POST", path, {
      body: Buffer.from(bytes),
      headers: { ...headers, "idempotency-key": randomUUID() },
    });
  }

  async #persist<T>(
    method: string,
    path: string,
    request: { readonly body?: string | Buffer<ArrayBuffer>; readonly headers?: Readonly<Record<string, string>> },
  ): Promise<T> {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      try {
        return await this.#once<T>(method, path, request);
      } catch (error) {
        if (error instanceof ApiRefusal || Date.now() > end) throw error;
        await sleep(RETRY_MS);
      }
    }
  }

  async #once<T>(
    method: string,
    path: string,
    {
      body,
      headers = {},
    }: { readonly body?: string | Buffer<ArrayBuffer>; readonly headers?: Readonly<Record<string, string>> },
  ): Promise<T> {
    const response = await fetch(`${this.#url}${path}`, {
      method,
      headers: { ...headers, authorization: `Bearer ${this.#token() ?? ""}` },
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    if (response.ok) return (text === "" ? {} : JSON.parse(text)) as T;
    const mayPass =
      response.status >= 500 || response.status === 429 || response.status === 409 || response.status === 401;
    if (mayPass) throw new Error(`${method} ${path} was answered ${response.status}: ${text.slice(0, 300)}`);
    throw new ApiRefusal(response.status, `${method} ${path} was answered ${response.status}: ${text.slice(0, 500)}`);
  }
}
