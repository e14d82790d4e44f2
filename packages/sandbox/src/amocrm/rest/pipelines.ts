import { problem } from "../http/problem.ts";
import { hal } from "../http/reply.ts";
import { closingStatuses, unsortedStatus } from "../world/default-pipeline.ts";
import type { PipelineRecord, StatusRecord } from "../world/records.ts";
import { ItemCheck, refuseInvalid } from "./item-check.ts";
import { listReply } from "./page.ts";
import { isRecord } from "../http/is-record.ts";
import { batchOf, idParam, type RestHandler, type RestRequest, selfLink } from "./rest-request.ts";

const MOST_PIPELINES = 50;
const MOST_STATUSES = 100;

/** `GET leads/pipelines` */
export const listPipelines: RestHandler = (request) =>
  listReply(request, [...request.world.pipelines.values()], {
    name: "pipelines",
    render: (pipeline) => render(request, pipeline),
  });

/** `GET leads/pipelines/:id` */
export const getPipeline: RestHandler = (request) => hal(render(request, existing(request)));

/** `GET leads/pipelines/:id/statuses` */
export const listStatuses: RestHandler = (request) => {
  const pipeline = existing(request);
  return listReply(request, pipeline.statuses, {
    name: "statuses",
    render: (status) => renderStatus(request, pipeline, status),
  });
};

/** `POST leads/pipelines` */
export const createPipelines: RestHandler = (request) => {
  const checks = batchOf(request).map((item, index) => new ItemCheck(item, index));
  const pipelines = checks.map((check) => readPipeline(request, check));
  refuseInvalid(checks);
  if (request.world.pipelines.size + pipelines.length > MOST_PIPELINES) {
    throw problem(400, `No more than ${MOST_PIPELINES} pipelines are allowed`);
  }
  for (const pipeline of pipelines) {
    if (pipeline.isMain) for (const other of request.world.pipelines.values()) other.isMain = false;
    request.world.pipelines.set(pipeline.id, pipeline);
  }
  const made = pipelines.map((pipeline, index) => ({
    ...render(request, pipeline),
    request_id: checks[index]?.requestId,
  }));
  return hal({
    _total_items: made.length,
    _links: selfLink(request, "leads/pipelines"),
    _embedded: { pipelines: made },
  });
};

function readPipeline(request: RestRequest, check: ItemCheck): PipelineRecord {
  const embedded = check.item["_embedded"];
  const given = isRecord(embedded) && Array.isArray(embedded["statuses"]) ? (embedded["statuses"] as unknown[]) : [];
  if (given.length > MOST_STATUSES) {
    check.fail("TooMany", "_embedded.statuses", `This collection should contain ${MOST_STATUSES} elements or less.`);
  }
  const closing = closingStatuses();
  const open: StatusRecord[] = [];
  for (const [index, value] of given.entries()) {
    if (!isRecord(value)) continue;
    const name = typeof value["name"] === "string" ? value["name"] : "";
    if (name === "") check.fail("NotBlank", `_embedded.statuses.${index}.name`, "This value should not be blank.");
    const known = closing.find((status) => status.id === value["id"]);
    if (known !== undefined) known.name = name;
    else open.push(openStatus(request, name, value, index));
  }
  return {
    id: request.world.nextId(),
    name: check.requiredText("name"),
    sort: check.integer("sort") ?? request.world.pipelines.size + 1,
    isMain: check.flag("is_main") ?? false,
    isUnsortedOn: check.flag("is_unsorted_on") ?? true,
    statuses: [
      unsortedStatus(request.world.nextId()),
      ...(open.length > 0 ? open : [openStatus(request, "Первичный контакт", {}, 0)]),
      ...closing,
    ],
  };
}

function openStatus(
  request: RestRequest,
  name: string,
  given: Readonly<Record<string, unknown>>,
  index: number,
): StatusRecord {
  return {
    id: request.world.nextId(),
    name,
    sort: typeof given["sort"] === "number" ? given["sort"] : 20 + index * 10,
    color: typeof given["color"] === "string" ? given["color"] : "#99ccff",
    type: 0,
    isEditable: true,
  };
}

function existing(request: RestRequest): PipelineRecord {
  const pipeline = request.world.pipelines.get(idParam(request));
  if (pipeline === undefined) throw problem(404, "Pipeline not found");
  return pipeline;
}

function render(request: RestRequest, pipeline: PipelineRecord): Record<string, unknown> {
  return {
    id: pipeline.id,
    name: pipeline.name,
    sort: pipeline.sort,
    is_main: pipeline.isMain,
    is_unsorted_on: pipeline.isUnsortedOn,
    is_archive: false,
    account_id: request.world.account.id,
    _links: selfLink(request, `leads/pipelines/${pipeline.id}`),
    _embedded: { statuses: pipeline.statuses.map((status) => renderStatus(request, pipeline, status)) },
  };
}

function renderStatus(request: RestRequest, pipeline: PipelineRecord, status: StatusRecord): unknown {
  return {
    id: status.id,
    name: status.name,
    sort: status.sort,
    is_editable: status.isEditable,
    pipeline_id: pipeline.id,
    color: status.color,
    type: status.type,
    account_id: request.world.account.id,
    _links: selfLink(request, `leads/pipelines/${pipeline.id}/statuses/${status.id}`),
  };
}
