import { problem } from "../http/problem.ts";
import { hal } from "../http/reply.ts";
import { checkContact, type ContactDraft, createCompany, createContact } from "./contact-draft.ts";
import { ItemCheck, refuseInvalid } from "./item-check.ts";
import { checkLead, createLead, type LeadDraft } from "./lead-draft.ts";
import { isRecord } from "../http/is-record.ts";
import { batchOf, type RestHandler, type RestRequest } from "./rest-request.ts";

const MOST_LEADS = 50;

interface ComplexItem {
  readonly check: ItemCheck;
  readonly lead: LeadDraft;
  readonly contact: ContactDraft | undefined;
  readonly company: ContactDraft | undefined;
}

/** `POST leads/complex`: leads, each with at most one contact and one company, which are made if they have no id. */
export const createComplex: RestHandler = (request) => {
  const items = batchOf(request, MOST_LEADS).map((item, index) => read(request, new ItemCheck(item, index)));
  refuseInvalid(items.map(({ check }) => check));
  return hal(items.map((item) => create(request, item)));
};

function read(request: RestRequest, check: ItemCheck): ComplexItem {
  const embedded = isRecord(check.item["_embedded"]) ? check.item["_embedded"] : {};
  if (isRecord(embedded["metadata"])) throw problem(400, "Unsorted requests are made by leads/unsorted here");
  return {
    check,
    lead: checkLead(request, check),
    contact: newEntity(request, check, "contacts", embedded["contacts"]),
    company: newEntity(request, check, "companies", embedded["companies"]),
  };
}

function newEntity(
  request: RestRequest,
  check: ItemCheck,
  kind: "contacts" | "companies",
  given: unknown,
): ContactDraft | undefined {
  if (!Array.isArray(given)) return undefined;
  if (given.length > 1) check.fail("TooMany", `_embedded.${kind}`, "This collection should contain 1 element or less.");
  const [entity] = given as unknown[];
  if (!isRecord(entity) || entity["id"] !== undefined) return undefined;
  const inner = new ItemCheck(entity, 0);
  const draft = checkContact(request.world, kind, inner);
  for (const error of inner.errors) check.fail(error.code, `_embedded.${kind}.0.${error.path}`, error.detail);
  return draft;
}

function create(request: RestRequest, item: ComplexItem): unknown {
  const { world, changes, caller } = request;
  const contact = item.contact === undefined ? undefined : createContact(world, item.contact, caller.userId);
  const company = item.company === undefined ? undefined : createCompany(world, item.company, caller.userId);
  if (contact !== undefined) changes.push({ entity: "contacts", action: "add", id: contact.id });
  if (company !== undefined) changes.push({ entity: "companies", action: "add", id: company.id });
  const lead = createLead(world, { ...item.lead, companyId: company?.id ?? item.lead.companyId }, caller.userId);
  if (contact !== undefined) world.linkContact(lead, contact.id);
  if (contact !== undefined && company !== undefined) contact.companyId = company.id;
  changes.push({ entity: "leads", action: "add", id: lead.id });
  return {
    id: lead.id,
    contact_id: lead.contacts[0]?.id ?? null,
    company_id: lead.companyId ?? null,
    request_id: [item.check.requestId],
    merged: false,
  };
}
