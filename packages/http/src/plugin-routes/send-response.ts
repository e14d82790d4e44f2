import type { ServerResponse } from "node:http";
import type { RouteResponse } from "@crmessenger/kernel/http";
import { pour } from "../request/pour.ts";

/** Sends what a route answered. Rejects when a streamed body fails or the caller goes away within it. */
export async function sendResponse(response: ServerResponse, { status, headers, body }: RouteResponse): Promise<void> {
  if (body instanceof ReadableStream) {
    response.writeHead(status, headers);
    await pour(body, response);
    return;
  }
  if (status === 204 || status === 304) {
    response.writeHead(status, headers);
    response.end();
    return;
  }
  const length = body === undefined ? 0 : Buffer.byteLength(body);
  response.writeHead(status, { ...headers, "content-length": length });
  response.end(body);
}
