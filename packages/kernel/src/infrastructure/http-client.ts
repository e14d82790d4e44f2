import { contract } from "../contract.ts";

export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Milliseconds for the whole exchange, each attempt anew. Default 20 000. */
  readonly timeoutMs?: number;
  /** Milliseconds until the request begins to be sent, each attempt anew. Default: `timeoutMs`. */
  readonly connectTimeoutMs?: number;
  /**
   * Bytes of the answer's body to keep: what comes after them is not read, and the answer counts all the same. Without
   * it, an answer that is too large to be held is `CRM_HTTP_TOO_LARGE`.
   */
  readonly keepBytes?: number;
  /**
   * How often a request that failed in a retryable way (connection, 429, 502, 503, 504) is repeated. Default 2 for
   * GET, PUT, DELETE and HEAD, 0 for the rest: repeating a POST whose outcome is unknown is the caller's decision.
   */
  readonly retries?: number;
  /** Requests of one name share a circuit breaker. Default: the origin. */
  readonly circuit?: string;
  readonly signal?: AbortSignal;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/**
 * Calls to the outside. Any HTTP status is an answer, not an error. Redirects are not followed. Addresses are checked
 * when connecting, after name resolution: private, loopback and link-local ones are refused with
 * `CRM_HTTP_FORBIDDEN_ADDRESS` unless the application allowed them.
 *
 * Errors: `CRM_HTTP_UNREACHABLE` (nothing was sent), `CRM_HTTP_TIMEOUT` and `CRM_HTTP_INTERRUPTED` (the outcome is
 * unknown: details.outcome is "unknown"), `CRM_HTTP_CIRCUIT_OPEN` (retryAfterMs), `CRM_HTTP_TOO_LARGE`.
 */
export interface HttpClient {
  request(request: HttpRequest): Promise<HttpResponse>;
}

export const HttpClient = contract<HttpClient>("infrastructure.http-client", 1);
