import { empty, hal } from "../http/reply.ts";
import { problem } from "../http/problem.ts";
import type { LeadRecord } from "../world/records.ts";
import type { World } from "../world/world.ts";
import { selectEntities } from "./entity-filter.ts";
import { ItemCheck, refuseInvalid } from "./item-check.ts";
import { type LeadDraft, checkLead, createLead, updateLead } from "./lead-draft.ts";
import { pageReply } from "./page.ts";
import { renderLead } from "./render-lead.ts";
import { batchOf, idParam, objectOf, type RestHandler, type RestRequest, selfLink, withOf } from "./rest-request.ts";

/** `GET leads` */
export const listLeads: RestHandler = (request) => {
  const shown = withOf(request);
  return pageReply(request, selectEntities(request, request.world.leads.values()), {
    name: "leads",
    render: (lead) => renderLead(request, lead, shown),
  });
};

/** `GET leads/:id`; an unknown lead is 204, as documented. */
export const getLead: RestHandler = (request) => {
  const lead = request.world.leads.get(idParam(request));
  if (lead === undefined || lead.isDeleted) return empty();
  return hal(renderLead(request, lead, withOf(request)));
};

/** `POST leads` */
export const createLeads: RestHandler = (request) => {
  const read = batchOf(request).map((item, index) => {
    const check = new ItemCheck(item, index);
    return { check, draft: checkLead(request, check) };
  });
  refuseInvalid(read.map(({ check }) => check));
  const leads = read.map(({ check, draft }) => {
    const lead = createLead(request.world, draft, request.caller.userId);
    request.changes.push({ entity: "leads", action: "add", id: lead.id });
    return { id: lead.id, request_id: check.requestId, _links: selfLink(request, `leads/${lead.id}`) };
  });
  return hal({ _links: selfLink(request, "leads"), _embedded: { leads } });
};

/** `PATCH leads` */
export const patchLeads: RestHandler = (request) => {
  const read = batchOf(request).map((item, index) => {
    const check = new ItemCheck(item, index);
    const lead = existingLead(request.world, check.requiredInteger("id"));
    if (lead === undefined) check.notChoice("id");
    return { check, lead, draft: checkLead(request, check, lead) };
  });
  refuseInvalid(read.map(({ check }) => check));
  const leads = read.flatMap(({ lead, draft }) => (lead === undefined ? [] : [patched(request, lead, draft)]));
  return hal({ _links: selfLink(request, "leads"), _embedded: { leads } });
};

/** `PATCH leads/:id` */
export const patchLead: RestHandler = (request) => {
  const lead = existingLead(request.world, idParam(request));
  if (lead === undefined) throw problem(404, "Lead not found");
  const check = new ItemCheck(objectOf(request), 0);
  const draft = checkLead(request, check, lead);
  refuseInvalid([check]);
  return hal(patched(request, lead, draft));
};

/** Applies a change to a lead and notes what observers are told. */
export function changeLead(
  request: Pick<RestRequest, "world" | "changes">,
  lead: LeadRecord,
  draft: LeadDraft,
  userId: number,
): void {
  const before = { statusId: lead.statusId, pipelineId: lead.pipelineId, responsibleUserId: lead.responsibleUserId };
  updateLead(request.world, lead, draft, userId);
  if (lead.statusId !== before.statusId || lead.pipelineId !== before.pipelineId) {
    request.changes.push({ entity: "leads", action: "status", id: lead.id, old: before });
    request.world.log("lead_status_changed", { type: "lead", id: lead.id }, userId, {
      after: { lead_status: { id: lead.statusId, pipeline_id: lead.pipelineId } },
      before: { lead_status: { id: before.statusId, pipeline_id: before.pipelineId } },
    });
  }
  if (lead.responsibleUserId !== before.responsibleUserId) {
    request.changes.push({ entity: "leads", action: "responsible", id: lead.id });
  }
  request.changes.push({ entity: "leads", action: "update", id: lead.id });
}

function patched(request: RestRequest, lead: LeadRecord, draft: LeadDraft): unknown {
  changeLead(request, lead, draft, request.caller.userId);
  return { id: lead.id, updated_at: lead.updatedAt, _links: selfLink(request, `leads/${lead.id}`) };
}

function existingLead(world: World, id: number): LeadRecord | undefined {
  const lead = world.leads.get(id);
  return lead === undefined || lead.isDeleted ? undefined : lead;
}
