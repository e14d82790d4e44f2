import type { IncomingMessage } from "node:http";
import { CrmError } from "@crmessenger/kernel";
import type { JsonObject } from "@crmessenger/kernel/infrastructure";
import { badRequest } from "../problem/http-problems.ts";
import { readBody } from "../request/read-body.ts";

const JSON_TYPE = /^application\/(json|[\w.+-]+\+json)$/;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/** The JSON object in the body; an absent body is an empty one. Refuses other content with 415, 400 or 422. */
export async function readJson(request: IncomingMessage, maxBytes: number): Promise<JsonObject> {
  const body = await readBody(request, maxBytes);
  if (body.length === 0) return {};
  requireJson(request.headers["content-type"]);
  const value = parse(body);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new CrmError("CRM_HTTP_BODY_NOT_OBJECT", "The body must be a JSON object.", { status: 422 });
}

function requireJson(header: string | undefined): void {
  const [type = "", ...parameters] = (header ?? "")
    .toLowerCase()
    .split(";")
    .map((part) => part.trim());
  const charset = parameters.find((parameter) => parameter.startsWith("charset="))?.slice("charset=".length);
  if (JSON_TYPE.test(type) && (charset === undefined || /^"?utf-?8"?$/.test(charset))) return;
  throw new CrmError("CRM_HTTP_CONTENT_TYPE", "Send the body as application/json in UTF-8.", { status: 415 });
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(body)) as unknown;
  } catch {
    throw badRequest("The body is not well-formed JSON in UTF-8.");
  }
}
