import { isClosing } from "../world/default-pipeline.ts";
import type { FieldValue, LeadRecord, PipelineRecord } from "../world/records.ts";
import type { World } from "../world/world.ts";
import { applyFieldValues, readFieldValues } from "./custom-field-values.ts";
import type { ItemCheck } from "./item-check.ts";
import { isRecord } from "../http/is-record.ts";
import { type RestRequest } from "./rest-request.ts";
import { applyTags } from "./tags.ts";

/** What a request wants of a lead, checked. */
export interface LeadDraft {
  readonly name?: string | undefined;
  readonly price?: number | undefined;
  readonly pipelineId?: number | undefined;
  readonly statusId?: number | undefined;
  readonly responsibleUserId?: number | undefined;
  readonly createdAt?: number | undefined;
  readonly sourceId?: number | undefined;
  readonly fields?: Map<number, readonly FieldValue[] | null>;
  readonly contacts?: readonly { readonly id: number; readonly isMain: boolean }[];
  readonly companyId?: number | undefined;
  readonly item?: Readonly<Record<string, unknown>>;
}

/** Reads and checks one lead of a request; `lead` is the one to be changed, if it exists. */
export function checkLead(request: RestRequest, check: ItemCheck, lead?: LeadRecord): LeadDraft {
  const { world } = request;
  const embedded = isRecord(check.item["_embedded"]) ? check.item["_embedded"] : {};
  const source = sourceOf(request, embedded["source"]);
  const place = checkPlace(world, check, lead, source?.pipelineId);
  const responsibleUserId = check.integer("responsible_user_id");
  if (responsibleUserId !== undefined && !world.users.has(responsibleUserId)) check.notChoice("responsible_user_id");
  return {
    name: check.text("name"),
    price: check.integer("price"),
    ...place,
    responsibleUserId,
    createdAt: check.integer("created_at"),
    sourceId: source?.id,
    fields: readFieldValues(world, "leads", check),
    contacts: contactsOf(world, check, embedded["contacts"]),
    companyId: companyOf(world, check, embedded["companies"]),
    item: check.item,
  };
}

/** Makes a lead; it is the caller's to tell observers. */
export function createLead(world: World, draft: LeadDraft, userId: number): LeadRecord {
  const now = world.seconds();
  const pipeline = world.pipelines.get(draft.pipelineId ?? -1) ?? world.mainPipeline;
  const id = world.nextId();
  const lead: LeadRecord = {
    id,
    name: draft.name === undefined || draft.name === "" ? `Сделка #${id}` : draft.name,
    price: draft.price,
    responsibleUserId: draft.responsibleUserId ?? userId,
    createdBy: userId,
    updatedBy: userId,
    createdAt: draft.createdAt ?? now,
    updatedAt: now,
    closedAt: undefined,
    isDeleted: false,
    statusId: draft.statusId ?? world.firstStatus(pipeline).id,
    pipelineId: pipeline.id,
    lossReasonId: undefined,
    fields: new Map(),
    tags: [],
    contacts: [],
    companyId: draft.companyId,
    sourceId: draft.sourceId,
    unsortedUid: undefined,
  };
  if (isClosing(lead.statusId)) lead.closedAt = now;
  world.leads.set(id, lead);
  for (const contact of draft.contacts ?? []) world.linkContact(lead, contact.id, contact.isMain || undefined);
  if (draft.fields !== undefined) applyFieldValues(lead.fields, draft.fields);
  if (draft.item !== undefined) applyTags(world, lead, draft.item);
  world.log("lead_added", { type: "lead", id }, userId);
  return lead;
}

/** Changes a lead; it is the caller's to tell observers. */
export function updateLead(world: World, lead: LeadRecord, draft: LeadDraft, userId: number): void {
  const now = world.seconds();
  lead.name = draft.name ?? lead.name;
  lead.price = draft.price ?? lead.price;
  lead.responsibleUserId = draft.responsibleUserId ?? lead.responsibleUserId;
  lead.pipelineId = draft.pipelineId ?? lead.pipelineId;
  if (draft.statusId !== undefined && draft.statusId !== lead.statusId) {
    lead.statusId = draft.statusId;
    lead.closedAt = isClosing(draft.statusId) ? now : undefined;
  }
  for (const contact of draft.contacts ?? []) world.linkContact(lead, contact.id, contact.isMain || undefined);
  lead.companyId = draft.companyId ?? lead.companyId;
  lead.sourceId = draft.sourceId ?? lead.sourceId;
  if (draft.fields !== undefined) applyFieldValues(lead.fields, draft.fields);
  if (draft.item !== undefined) applyTags(world, lead, draft.item);
  lead.updatedBy = userId;
  lead.updatedAt = now;
}

/** Pipeline and status: a status decides its pipeline, a pipeline alone means its first status. */
function checkPlace(
  world: World,
  check: ItemCheck,
  lead: LeadRecord | undefined,
  sourcePipelineId: number | undefined,
): { pipelineId: number | undefined; statusId: number | undefined } {
  const asked = check.integer("pipeline_id");
  const statusId = check.integer("status_id");
  const fallback = lead?.pipelineId ?? sourcePipelineId;
  const pipeline = world.pipelines.get(asked ?? fallback ?? world.mainPipeline.id);
  if (pipeline === undefined) {
    check.notChoice("pipeline_id");
    return { pipelineId: undefined, statusId: undefined };
  }
  if (statusId === undefined) {
    const moved = asked !== undefined && asked !== lead?.pipelineId;
    return { pipelineId: pipeline.id, statusId: moved ? world.firstStatus(pipeline).id : undefined };
  }
  const home = asked === undefined ? (homeOf(world, statusId, pipeline) ?? pipeline) : pipeline;
  if (!home.statuses.some((status) => status.id === statusId)) check.notChoice("status_id");
  return { pipelineId: home.id, statusId };
}

function homeOf(world: World, statusId: number, preferred: PipelineRecord): PipelineRecord | undefined {
  const has = (pipeline: PipelineRecord): boolean => pipeline.statuses.some((status) => status.id === statusId);
  return has(preferred) ? preferred : [...world.pipelines.values()].find(has);
}

function sourceOf(request: RestRequest, given: unknown): { id: number; pipelineId: number } | undefined {
  if (!isRecord(given)) return undefined;
  for (const source of request.world.sources.values()) {
    const own = source.integrationId === request.caller.integration.clientId;
    if (own && source.externalId === String(given["external_id"])) return source;
  }
  return undefined;
}

function contactsOf(world: World, check: ItemCheck, given: unknown): { id: number; isMain: boolean }[] {
  if (!Array.isArray(given)) return [];
  return (given as unknown[]).flatMap((contact, index) => {
    if (!isRecord(contact)) return [];
    if (typeof contact["id"] === "number" && world.contacts.get(contact["id"])?.isDeleted === false) {
      return [{ id: contact["id"], isMain: contact["is_main"] === true }];
    }
    // A contact without an id is one to be made, which only `leads/complex` does.
    if (contact["id"] !== undefined) check.notChoice(`_embedded.contacts.${index}.id`);
    return [];
  });
}

function companyOf(world: World, check: ItemCheck, given: unknown): number | undefined {
  if (!Array.isArray(given)) return undefined;
  const [company] = given as unknown[];
  if (!isRecord(company) || company["id"] === undefined) return undefined;
  if (typeof company["id"] === "number" && world.companies.has(company["id"])) return company["id"];
  check.notChoice("_embedded.companies.0.id");
  return undefined;
}
