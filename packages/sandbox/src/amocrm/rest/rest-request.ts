import type { ParsedQs } from "qs";
import type { Caller } from "../oauth/oauth-server.ts";
import type { World } from "../world/world.ts";
import type { ChatDirectory } from "../chats/chat-directory.ts";
import type { CrmWebhooks } from "../hooks/crm-webhooks.ts";
import type { Change } from "../world/change.ts";
import type { Reply } from "../http/reply.ts";
import { isRecord } from "../http/is-record.ts";
import { problem } from "../http/problem.ts";

/** What REST handlers work on. */
export interface RestWorld {
  readonly world: World;
  readonly chats: ChatDirectory;
  readonly webhooks: CrmWebhooks;
  /** Address of the account, without a slash at the end. */
  readonly baseUrl: () => string;
  /** Milliseconds a new or changed entity stays invisible to `query`. */
  readonly searchLagMs: () => number;
  /** Most elements of a plain POST or PATCH. */
  readonly batchLimit: number;
}

/** A REST request that passed authorisation and limits. */
export interface RestRequest extends RestWorld {
  readonly caller: Caller;
  /** Whether the request carried cookies, which some methods refuse. */
  readonly hasCookies: boolean;
  readonly params: Readonly<Record<string, string>>;
  readonly path: string;
  readonly query: ParsedQs;
  readonly body: unknown;
  /** Changes made by this request, published together when it ends well. */
  readonly changes: Change[];
}

/** Answers one method of one path. Throws a Problem to refuse; then nothing may have changed. */
export type RestHandler = (request: RestRequest) => Reply;

/** A numeric id from the path; anything else is nobody's id. */
export function idParam(request: RestRequest, name = "id"): number {
  const id = Number(request.params[name]);
  return Number.isSafeInteger(id) ? id : -1;
}

/** The link object of an address under the account. */
export function selfLink(request: RestWorld, path: string): { self: { href: string } } {
  return { self: { href: `${request.baseUrl()}/api/v4/${path}` } };
}

/** The elements of a batch body. A lone object is not a batch. */
export function batchOf(request: RestRequest, limit = request.batchLimit): Record<string, unknown>[] {
  const { body } = request;
  if (!Array.isArray(body) || body.length === 0) throw problem(400, "The body must be a non-empty array");
  if (body.length > limit) throw problem(400, `No more than ${limit} elements may be passed in one request`);
  return body.map((element: unknown) => {
    if (!isRecord(element)) throw problem(400, "Every element of the body must be an object");
    return element;
  });
}

/** The object a single-entity body must be. */
export function objectOf(request: RestRequest): Record<string, unknown> {
  if (!isRecord(request.body)) throw problem(400, "The body must be an object");
  return request.body;
}

/** The values of a `with` parameter. */
export function withOf(request: RestRequest): ReadonlySet<string> {
  const value = request.query["with"];
  return new Set(typeof value === "string" ? value.split(",").map((part) => part.trim()) : []);
}
