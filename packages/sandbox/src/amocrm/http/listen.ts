import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Reply } from "./reply.ts";

/** A request with its whole body. */
export interface HttpRequest {
  readonly method: string;
  /** The path exactly as sent, without the query: signatures are over it. */
  readonly path: string;
  readonly query: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

/** An answer, or the decision to give none: the connection is held for a while and then broken. */
export type Outcome = Reply | { readonly breakAfterMs: number };

/** A listening server. */
export interface Listening {
  readonly port: number;
  close(): Promise<void>;
}

const LARGEST_BODY = 20 * 1024 * 1024;

/** Starts an HTTP server that hands whole requests to `handle`. Port 0 takes a free one. */
export async function listen(
  host: string,
  port: number,
  handle: (request: HttpRequest) => Promise<Outcome>,
): Promise<Listening> {
  const server = createServer((request, response) => {
    serve(request, response, handle).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else response.writeHead(500, { "content-type": "text/plain" }).end(String(error));
    });
  });
  server.keepAliveTimeout = 30_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  return { port: (server.address() as AddressInfo).port, close: () => closeServer(server) };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  handle: (request: HttpRequest) => Promise<Outcome>,
): Promise<void> {
  const body = await readBody(request);
  if (body === undefined) {
    response.writeHead(413, { connection: "close" }).end();
    return;
  }
  const url = request.url ?? "/";
  const mark = url.indexOf("?");
  const outcome = await handle({
    method: request.method ?? "GET",
    path: mark === -1 ? url : url.slice(0, mark),
    query: mark === -1 ? "" : url.slice(mark + 1),
    headers: request.headers,
    body,
  });
  if ("breakAfterMs" in outcome) {
    setTimeout(() => response.destroy(), outcome.breakAfterMs).unref();
    return;
  }
  const headers: Record<string, string | number> = { ...outcome.headers };
  if (outcome.contentType !== undefined) headers["content-type"] = outcome.contentType;
  if (outcome.body !== undefined) headers["content-length"] = Buffer.byteLength(outcome.body);
  response.writeHead(outcome.status, headers).end(outcome.body);
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_BODY) return undefined;
    chunks.push(chunk);
  }
  return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)));
    server.closeAllConnections();
  });
}
