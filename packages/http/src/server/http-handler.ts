import type { IncomingMessage, ServerResponse } from "node:http";
import { type Kernel, contract } from "@crmessenger/kernel";

/** A request handler as node:http, Connect and Express know it. `next` is called for what is not the application's. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse, next?: () => void) => void;

/** Serves the application's requests inside a server that somebody else runs. */
export interface HttpHandler {
  readonly handle: RequestHandler;
}

export const HttpHandler = contract<HttpHandler>("http.handler", 1);

/**
 * The handler of a running kernel, for mounting it in a server of your own. Boot with `http({ listen: false })`, and
 * mount it before anything that reads request bodies.
 */
export function requestHandler(kernel: Kernel): RequestHandler {
  return kernel.get(HttpHandler).handle;
}
