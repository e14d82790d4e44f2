import { runWithContext } from "@crmessenger/kernel";
import type { ApiServices } from "../api/api-services.ts";
import type { ApiContext, Endpoint } from "../api/koa.ts";
import { apiPrefix } from "../api/api-version.ts";
import { badRequest } from "../problem/http-problems.ts";
import { authenticate } from "../request/caller.ts";
import { requirePermission } from "../request/require-permission.ts";
import { EVENTS_PERMISSION } from "./event-stream.ts";
import { EventVersions, readVersions } from "./event-versions.ts";
import type { EventStreams } from "./event-streams.ts";

const TOPIC = /^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)+$/;
const MAX_TOPICS = 50;

/**
 * The event log as server-sent events. An event's id is its position: who reconnects with `Last-Event-ID` misses
 * nothing. `?topics=` takes names joined by commas, `?after=` a position to begin after; without either header or
 * field the stream begins with what happens next. An event comes in the version of the API; `?versions=lead.created@1`
 * chooses others.
 */
export function eventEndpoints(services: ApiServices, streams: EventStreams, version: number): readonly Endpoint[] {
  return [
    {
      method: "GET",
      path: `${apiPrefix(version)}/events`,
      name: "events",
      handle: (ctx) => open(services, streams, version, ctx),
    },
  ];
}

async function open(services: ApiServices, streams: EventStreams, version: number, ctx: ApiContext): Promise<void> {
  const admit = async () => {
    const caller = await authenticate(services.authenticator, ctx.headers, ctx.state.context);
    await runWithContext(caller.context, () =>
      requirePermission(services.permissions, caller.subject, EVENTS_PERMISSION),
    );
    return caller;
  };
  const query = new URLSearchParams(ctx.querystring);
  const topics = readTopics(query.get("topics"));
  const after = readPosition(ctx.get("last-event-id") || (query.get("after") ?? ""));
  const { catalogue } = services;
  const versions = new EventVersions(catalogue, version, readVersions(query.get("versions"), catalogue));
  const caller = await admit();
  ctx.respond = false;
  if (ctx.method === "HEAD") {
    ctx.res.writeHead(200).end();
    return;
  }
  await streams.serve(ctx.res, { caller, admit, topics, after, versions });
}

function readTopics(text: string | null): readonly string[] | undefined {
  if (text === null || text === "") return undefined;
  const topics = [...new Set(text.split(","))];
  if (topics.length <= MAX_TOPICS && topics.every((topic) => TOPIC.test(topic))) return topics;
  throw badRequest(
    `The field "topics" takes up to ${MAX_TOPICS} names of events joined by commas, such as lead.created.`,
  );
}

function readPosition(text: string): number | undefined {
  if (text === "") return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw badRequest('Last-Event-ID and the field "after" are positions in the event log: whole numbers from 0 on.');
}
