import type { IncomingMessage, ServerResponse } from "node:http";
import { type Kernel, contract } from "@crmessenger/kernel";
import type { AccessSubject } from "@crmessenger/kernel/iam";
import { introduce } from "../request/introductions.ts";

/** A request handler as node:http, Connect and Express know it. `next` is called for what is not the application's. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse, next?: () => void) => void;

/** Serves the application's requests inside a server that somebody else runs. */
export interface HttpHandler {
  readonly handle: RequestHandler;
  /**
   * Ends the event streams and answers what comes from now on with `CRM_HTTP_CLOSED` (503); requests in flight go on.
   * For a server that drains before the kernel stops. The stop of the kernel does it too.
   */
  close(): void;
}

export const HttpHandler = contract<HttpHandler>("http.handler", 1, { handle: "absent", close: "absent" });

export interface RequestHandlerOptions {
  /**
   * Who sent the request, where the server around the kernel knows: its signed-in user. Undefined leaves it to the
   * bearer token and the application's Authenticator. Asked once a request, and again while an event stream is open, so
   * that a stream ends with its session. A server that knows its users by a cookie must keep other sites from sending
   * it (`SameSite`).
   */
  readonly subjectOf?: (request: IncomingMessage) => AccessSubject | undefined | Promise<AccessSubject | undefined>;
}

/**
 * The handler of a running kernel, for mounting it in a server of your own. Boot with `http({ listen: false })`, and
 * mount it before anything that reads request bodies. Below a prefix, take the prefix off `request.url` first.
 */
export function requestHandler(kernel: Kernel, { subjectOf }: RequestHandlerOptions = {}): RequestHandler {
  const { handle } = kernel.get(HttpHandler);
  if (!subjectOf) return handle;
  return (request, response, next) => {
    introduce(request.headers, () => subjectOf(request));
    handle(request, response, next);
  };
}
