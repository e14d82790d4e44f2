import type { AccessSubject } from "../iam/access-subject.ts";

export interface RouteRequest {
  readonly method: string;
  /** Path and query as received. */
  readonly url: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The bytes as they arrived: signatures are verified over these. */
  readonly body: Uint8Array;
  /** Who calls, on routes that require authentication. */
  readonly subject?: AccessSubject;
  readonly signal: AbortSignal;
}

export interface RouteResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | ReadableStream<Uint8Array>;
}

/** An HTTP endpoint of a plugin, mounted by the HTTP server under its path. */
export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Such as `/hooks/amocrm/:secret`; parameters begin with a colon. Never below `/api`. */
  readonly path: string;
  /** `required`: only with a valid token. `none`: the route authenticates by itself (signatures, secrets in the path). */
  readonly authentication: "required" | "none";
  /** Bytes. Larger bodies are refused with 413. Default 1 MiB. */
  readonly maxBodyBytes?: number;
  handle(request: RouteRequest): Promise<RouteResponse>;
}

/** Answers with JSON. */
export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): RouteResponse {
  return {
    status,
    headers: { "content-type": "application/json; charset=utf-8", ...headers },
    body: JSON.stringify(value),
  };
}
