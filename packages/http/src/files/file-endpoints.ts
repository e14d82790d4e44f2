import { CrmError, isCrmError, runWithContext } from "@crmessenger/kernel";
import type { FileMeta, Storage, StoredFile } from "@crmessenger/kernel/infrastructure";
import type { ApiServices } from "../api/api-services.ts";
import { type ApiContext, type Endpoint, sendJson } from "../api/koa.ts";
import { apiPrefix } from "../api/api-version.ts";
import { aborted, badRequest, bodyTooLarge, notFound, notServed } from "../problem/http-problems.ts";
import { type Caller, authenticate } from "../request/caller.ts";
import { pour } from "../request/pour.ts";
import { requirePermission } from "../request/require-permission.ts";
import { parseRange } from "./parse-range.ts";

/** Files are what messages carry: who may send messages may add some, who may read conversations may fetch them. */
export const UPLOAD_PERMISSION = "communication.message.send";
export const DOWNLOAD_PERMISSION = "communication.conversation.read";

const MIME_TYPE = /^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/;
const PRINTABLE = /^[\x20-\x7e]*$/;
const UNKNOWN_TYPE = "application/octet-stream";
/** What browsers show without running anything. */
const SHOWN_INLINE = /^(image\/(jpeg|png|gif|webp|avif)|audio\/[\w.+-]+|video\/[\w.+-]+|text\/plain)(;|$)/;
const MAX_NAME_LENGTH = 500;

/**
 * Files, streamed both ways. Their paths hold a random id: knowing the path of a file means having seen the message
 * that carries it.
 */
export function fileEndpoints(services: ApiServices, version: number): readonly Endpoint[] {
  const path = `${apiPrefix(version)}/files`;
  const upload = { path, name: "files", handle: (ctx: ApiContext) => receive(services, ctx) };
  return [
    { ...upload, method: "POST" },
    { ...upload, method: "PUT" },
    { method: "GET", path: `${path}/*path`, name: "files", handle: (ctx) => send(services, ctx) },
  ];
}

async function receive(services: ApiServices, ctx: ApiContext): Promise<void> {
  const { context } = await authorise(services, ctx, UPLOAD_PERMISSION);
  const { maxUploadBytes } = services.limits;
  const length = Number(ctx.get("content-length"));
  if (length > maxUploadBytes) throw bodyTooLarge(maxUploadBytes);
  const meta = readMeta(ctx);
  const content = ReadableStream.from<Uint8Array>(limited(ctx, maxUploadBytes));
  const day = new Date(services.clock.now()).toISOString().slice(0, 10).replaceAll("-", "/");
  const path = `uploads/${day}/${services.ids.next()}`;
  const stored = await runWithContext(context, () => storageOf(services).put(path, content, meta));
  sendJson(ctx, 201, stored);
}

async function* limited(ctx: ApiContext, maxBytes: number): AsyncGenerator<Uint8Array> {
  let size = 0;
  const chunks = ctx.req.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
  try {
    for await (const chunk of chunks) {
      size += chunk.byteLength;
      if (size > maxBytes) throw bodyTooLarge(maxBytes);
      yield chunk;
    }
  } catch (error) {
    throw isCrmError(error) ? error : aborted(error);
  }
}

/** The type comes as Content-Type, the name as `X-File-Name` (percent-encoded) or `?name=`. */
function readMeta(ctx: ApiContext): FileMeta {
  const mimeType = ctx.get("content-type").split(";", 1)[0]?.trim().toLowerCase() || UNKNOWN_TYPE;
  if (!MIME_TYPE.test(mimeType) || mimeType.length > 200)
    throw badRequest("The Content-Type of a file is a MIME type, such as image/jpeg.");
  const fileName = decodeName(ctx.get("x-file-name")) ?? new URLSearchParams(ctx.querystring).get("name") ?? "";
  if (fileName.length > MAX_NAME_LENGTH) throw badRequest(`A file's name has at most ${MAX_NAME_LENGTH} characters.`);
  const cleaned = fileName.replaceAll(/\p{Cc}/gu, "").toWellFormed();
  return cleaned === "" ? { mimeType } : { mimeType, fileName: cleaned };
}

function decodeName(header: string): string | undefined {
  if (header === "") return undefined;
  try {
    return decodeURIComponent(header);
  } catch {
    throw badRequest("X-File-Name must be percent-encoded UTF-8.");
  }
}

async function send(services: ApiServices, ctx: ApiContext): Promise<void> {
  const { context } = await authorise(services, ctx, DOWNLOAD_PERMISSION);
  const storage = storageOf(services);
  const { path } = ctx["params"] as { readonly path: string };
  const file = await runWithContext(context, () => storage.stat(path));
  if (!file) throw notFound("GET", ctx.path);
  const tag = `"${file.sha256}"`;
  ctx.status = 200;
  ctx.set({ etag: tag, "accept-ranges": "bytes", "cache-control": "private, no-cache" });
  if (hasAlready(ctx, tag)) {
    ctx.status = 304;
    return;
  }
  const range = rangeOf(ctx, file.size, tag);
  describeFile(ctx, file);
  ctx.set("content-length", String(range.end - range.start));
  if (ctx.method === "HEAD") {
    ctx.respond = false;
    ctx.res.end();
    return;
  }
  const content = await runWithContext(context, () => storage.get(path, range));
  ctx.respond = false;
  await pour(content, ctx.res);
}

/** Whether the caller names the tag in If-None-Match (RFC 9110 §13.1.2). */
function hasAlready(ctx: ApiContext, tag: string): boolean {
  const known = ctx
    .get("if-none-match")
    .split(",")
    .map((each) => each.trim().replace(/^W\//, ""));
  return known.includes(tag) || known[0] === "*";
}

function rangeOf(ctx: ApiContext, size: number, tag: string): { readonly start: number; readonly end: number } {
  const range =
    ctx.get("if-range") === "" || ctx.get("if-range") === tag ? parseRange(ctx.get("range"), size) : undefined;
  if (range === undefined) return { start: 0, end: size };
  if (range === "unsatisfiable") {
    ctx.set("content-range", `bytes */${size}`);
    throw new CrmError("CRM_HTTP_RANGE", `The file has ${size} bytes; the range lies behind them.`, { status: 416 });
  }
  ctx.status = 206;
  ctx.set("content-range", `bytes ${range.start}-${range.end - 1}/${size}`);
  return range;
}

/** Strangers sent these files: no browser may take one for a page or a script of ours. */
function describeFile(ctx: ApiContext, { mimeType, fileName }: StoredFile): void {
  const type = MIME_TYPE.test(mimeType.split(";", 1)[0] ?? "") && PRINTABLE.test(mimeType) ? mimeType : UNKNOWN_TYPE;
  ctx.attachment(fileName?.toWellFormed(), { type: SHOWN_INLINE.test(type) ? "inline" : "attachment" });
  ctx.set({ "content-type": type, "content-security-policy": "default-src 'none'; sandbox" });
}

async function authorise(services: ApiServices, ctx: ApiContext, permission: string): Promise<Caller> {
  const caller = await authenticate(services.authenticator, ctx.headers, ctx.state.context);
  await runWithContext(caller.context, () => requirePermission(services.permissions, caller.subject, permission));
  return caller;
}

function storageOf({ storage }: ApiServices): Storage {
  if (storage) return storage;
  throw notServed("Storage: add a plugin that provides it, such as node()");
}
