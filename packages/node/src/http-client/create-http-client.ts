import type { Clock, HttpClient } from "@crmessenger/kernel/infrastructure";
import { createAddressPolicy } from "./address-policy.ts";
import type { Resolve } from "./guarded-connector.ts";
import type { UndiciHttpClient } from "./undici-http-client.ts";

export interface HttpClientOptions {
  /** Names, addresses and networks that may be called although they are not public. Default none. */
  readonly allowedHosts?: readonly string[];
  /** Bytes of an answer. Default 64 MiB. */
  readonly maxResponseBytes?: number;
  /** Connections to one origin at a time; further requests wait for one. Default 64. */
  readonly connectionsPerOrigin?: number;
  /** Name resolution. Default the operating system's. */
  readonly resolve?: Resolve;
}

export interface ClosableHttpClient extends HttpClient {
  /** Takes no more requests, lets those in flight finish for at most `deadlineMs`, then ends them. */
  close(deadlineMs: number): Promise<void>;
}

/**
 * The HttpClient contract on undici, which is loaded with the first request: an application that has nothing to call
 * yet starts sooner and smaller without it. An entry of `allowedHosts` that makes no sense is `CRM_HTTP_ALLOWED_HOST`.
 */
export function createHttpClient(clock: Clock, options: HttpClientOptions = {}): ClosableHttpClient {
  const policy = createAddressPolicy(options.allowedHosts ?? []);
  let client: Promise<UndiciHttpClient> | undefined;
  let closed = false;
  const load = async () => {
    const { UndiciHttpClient } = await import("./undici-http-client.ts");
    const loaded = new UndiciHttpClient(clock, policy, options);
    if (closed) await loaded.close(0);
    return loaded;
  };
  return {
    async request(request) {
      client ??= load();
      return (await client).request(request);
    },
    async close(deadlineMs) {
      closed = true;
      await (await client)?.close(deadlineMs);
    },
  };
}
