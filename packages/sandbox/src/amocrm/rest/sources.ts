import { problem } from "../http/problem.ts";
import { empty, hal } from "../http/reply.ts";
import type { SourceRecord } from "../world/records.ts";
import { ItemCheck, refuseInvalid } from "./item-check.ts";
import { listReply } from "./page.ts";
import { batchOf, idParam, objectOf, type RestHandler, type RestRequest, selfLink } from "./rest-request.ts";

const MOST_IN_REQUEST = 50;
const MOST_SOURCES = 100;
const EXTERNAL_ID = /^[\x20-\x7e]{1,36}$/u;

/** `GET sources`, with `filter[external_id]`: the caller's own ones only. */
export const listSources: RestHandler = (request) => {
  const filter = request.query["filter"];
  const given = typeof filter === "object" && !Array.isArray(filter) ? filter["external_id"] : undefined;
  const wanted = given === undefined ? undefined : new Set(typeof given === "object" ? Object.values(given) : [given]);
  const sources = own(request).filter((source) => wanted === undefined || wanted.has(source.externalId));
  return listReply(request, sources, { name: "sources", render: (source) => render(request, source) });
};

/** `GET sources/:id` */
export const getSource: RestHandler = (request) => {
  const source = existing(request, idParam(request));
  return source === undefined ? empty() : hal(render(request, source));
};

/** `POST sources` */
export const createSources: RestHandler = (request) => {
  const taken = new Set(own(request).map((source) => source.externalId));
  const checks = batchOf(request, MOST_IN_REQUEST).map((item, index) => new ItemCheck(item, index));
  const sources = checks.map((check) => readSource(request, check, taken));
  refuseInvalid(checks);
  if (taken.size > MOST_SOURCES) throw problem(400, `No more than ${MOST_SOURCES} sources may be active`);
  for (const source of sources) keep(request, source);
  const made = sources.map((source, index) => ({
    ...render(request, source),
    request_id: checks[index]?.requestId,
  }));
  return hal({ _total_items: made.length, _links: selfLink(request, "sources"), _embedded: { sources: made } });
};

/** `PATCH sources/:id` */
export const patchSource: RestHandler = (request) => {
  const source = existing(request, idParam(request));
  if (source === undefined) throw problem(404, "Source not found");
  const check = new ItemCheck(objectOf(request), 0);
  const name = check.text("name");
  const pipelineId = check.integer("pipeline_id");
  const isDefault = check.flag("default");
  if (pipelineId !== undefined && !request.world.pipelines.has(pipelineId)) check.notChoice("pipeline_id");
  refuseInvalid([check]);
  source.name = name ?? source.name;
  source.pipelineId = pipelineId ?? source.pipelineId;
  source.isDefault = isDefault ?? source.isDefault;
  keep(request, source);
  return hal(render(request, source));
};

/** `DELETE sources/:id` */
export const deleteSource: RestHandler = (request) => {
  const source = existing(request, idParam(request));
  if (source === undefined) throw problem(404, "Source not found");
  request.world.sources.delete(source.id);
  return empty();
};

function readSource(request: RestRequest, check: ItemCheck, taken: Set<string>): SourceRecord {
  const externalId = check.requiredText("external_id");
  if (externalId !== "" && !EXTERNAL_ID.test(externalId)) {
    check.fail("InvalidFormat", "external_id", "1 to 36 printable ASCII characters are allowed.");
  }
  if (taken.has(externalId)) check.fail("NotUnique", "external_id", "A source with this external_id exists.");
  taken.add(externalId);
  const pipelineId = check.integer("pipeline_id") ?? request.world.mainPipeline.id;
  if (!request.world.pipelines.has(pipelineId)) check.notChoice("pipeline_id");
  const services = check.item["services"];
  return {
    id: request.world.nextId(),
    integrationId: request.caller.integration.clientId,
    externalId,
    name: check.requiredText("name"),
    pipelineId,
    isDefault: check.flag("default") ?? false,
    originCode: check.text("origin_code"),
    services: Array.isArray(services) ? (services as unknown[]) : [],
  };
}

/** One source of an integration is its default: a new one takes the place of the old. */
function keep(request: RestRequest, source: SourceRecord): void {
  if (source.isDefault) for (const other of own(request)) other.isDefault = other.id === source.id;
  request.world.sources.set(source.id, source);
}

function own(request: RestRequest): SourceRecord[] {
  const { clientId } = request.caller.integration;
  return [...request.world.sources.values()].filter((source) => source.integrationId === clientId);
}

function existing(request: RestRequest, id: number): SourceRecord | undefined {
  return own(request).find((source) => source.id === id);
}

function render(request: RestRequest, source: SourceRecord): Record<string, unknown> {
  return {
    id: source.id,
    name: source.name,
    pipeline_id: source.pipelineId,
    external_id: source.externalId,
    default: source.isDefault,
    origin_code: source.originCode ?? null,
    services: source.services,
    _links: selfLink(request, `sources/${source.id}`),
  };
}
