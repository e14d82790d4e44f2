import { parse } from "qs";
import type { HttpRequest } from "../http/listen.ts";
import { problem } from "../http/problem.ts";
import type { Reply } from "../http/reply.ts";
import type { Caller } from "../oauth/oauth-server.ts";
import type { Change } from "../world/change.ts";
import type { RestRequest, RestWorld } from "./rest-request.ts";
import { restRoutes } from "./rest-routes.ts";

const PREFIX = "/api/v4/";
/** Depths and sizes that no filter of amoCRM's exceeds. */
const QUERY_LIMITS = { depth: 10, arrayLimit: 1000, parameterLimit: 5000 };

/** Whether a path is the REST API's. */
export function isRestPath(path: string): boolean {
  return path.startsWith(PREFIX);
}

/** Answers an admitted REST request and publishes what it changed. Throws a Problem. */
export function answerRest(parts: RestWorld, request: HttpRequest, caller: Caller): Reply {
  const path = request.path.slice(PREFIX.length).replace(/\/$/u, "");
  const found = restRoutes.find(request.method, path);
  if (found.kind === "missing") throw problem(404, `Nothing answers ${request.method} ${request.path}`);
  if (found.kind === "wrong-method") throw problem(405, "Method not allowed");
  const changes: Change[] = [];
  const reply = found.handler({
    ...parts,
    caller,
    hasCookies: request.headers.cookie !== undefined,
    params: found.params,
    path,
    query: request.query === "" ? {} : parse(request.query, QUERY_LIMITS),
    body: bodyOf(request),
    changes,
  } satisfies RestRequest);
  parts.world.publish(changes);
  return reply;
}

function bodyOf(request: HttpRequest): unknown {
  if (request.body.length === 0) return undefined;
  try {
    return JSON.parse(request.body.toString("utf8"));
  } catch {
    throw problem(400, "The body is not JSON");
  }
}
