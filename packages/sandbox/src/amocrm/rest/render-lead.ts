import type { LeadRecord } from "../world/records.ts";
import { renderFieldValues } from "./custom-field-values.ts";
import { type RestRequest, selfLink } from "./rest-request.ts";
import { renderTags } from "./tags.ts";

/** Shows a lead. Contacts and the source are there only when `with` asks for them. */
export function renderLead(request: RestRequest, lead: LeadRecord, shown: ReadonlySet<string>): unknown {
  const source = lead.sourceId === undefined ? undefined : request.world.sources.get(lead.sourceId);
  const embedded: Record<string, unknown> = {
    tags: renderTags(lead),
    companies: lead.companyId === undefined ? [] : [linked(request, "companies", lead.companyId)],
  };
  if (shown.has("contacts")) {
    embedded["contacts"] = lead.contacts.map(({ id, isMain }) => ({
      ...linked(request, "contacts", id),
      is_main: isMain,
    }));
  }
  if (shown.has("catalog_elements")) embedded["catalog_elements"] = [];
  if (shown.has("loss_reason")) embedded["loss_reason"] = [];
  if (shown.has("source") && source !== undefined) embedded["source"] = { id: source.id, name: source.name };
  return {
    id: lead.id,
    name: lead.name,
    price: lead.price ?? 0,
    responsible_user_id: lead.responsibleUserId,
    group_id: 0,
    status_id: lead.statusId,
    pipeline_id: lead.pipelineId,
    loss_reason_id: lead.lossReasonId ?? null,
    ...(shown.has("source_id") ? { source_id: lead.sourceId ?? null } : {}),
    created_by: lead.createdBy,
    updated_by: lead.updatedBy,
    created_at: lead.createdAt,
    updated_at: lead.updatedAt,
    closed_at: lead.closedAt ?? null,
    closest_task_at: null,
    is_deleted: lead.isDeleted,
    custom_fields_values: renderFieldValues(request.world, lead),
    score: null,
    account_id: request.world.account.id,
    labor_cost: null,
    ...(shown.has("is_price_modified_by_robot") ? { is_price_modified_by_robot: false } : {}),
    _links: selfLink(request, `leads/${lead.id}`),
    _embedded: embedded,
  };
}

/** A reference to another entity. */
export function linked(request: RestRequest, kind: string, id: number): { id: number; _links: unknown } {
  return { id, _links: selfLink(request, `${kind}/${id}`) };
}
