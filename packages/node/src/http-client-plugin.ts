import { z } from "zod";
import { definePlugin } from "@crmessenger/kernel";
import { Clock, HttpClient } from "@crmessenger/kernel/infrastructure";
import { createHttpClient } from "./http-client/create-http-client.ts";
import { version } from "./version.ts";

/** What the HTTP client of `node` and `httpClient` can be told. */
export const httpClientOptions = {
  /** Names, addresses and networks that may be called although they are not public. */
  allowedHosts: z.array(z.string().min(1)).default([]),
  /** Bytes of an answer. Default 64 MiB. */
  maxResponseBytes: z.number().int().positive().exactOptional(),
  /** Connections to one origin at a time. Default 64. */
  connectionsPerOrigin: z.number().int().positive().exactOptional(),
};

export const CLOSE_DEADLINE_MS = 5_000;

/** The HTTP client alone, for applications whose files and logs are kept by others, such as tests with memory(). */
export const httpClient = definePlugin({
  id: "http-client",
  version,
  deps: { clock: Clock },
  provides: { httpClient: HttpClient },
  options: z.strictObject(httpClientOptions),
  boot({ clock }, { options }) {
    const client = createHttpClient(clock, options);
    return { provide: { httpClient: client }, stop: () => client.close(CLOSE_DEADLINE_MS) };
  },
});
