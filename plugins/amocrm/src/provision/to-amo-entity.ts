import type { ChannelIdentity, Contact, Lead } from "@crmessenger/kernel/sales";
import type { AccountFacts } from "../links/account-facts.ts";
import type { EntityLink } from "../links/entity-links.ts";
import type { AmoCrmOptions } from "../options.ts";
import { amoStatusOf, isClosed } from "../crm/status-map.ts";

const LONGEST_NAME = 255;
const NAMELESS = "Client";

/** What is needed to write an entity in amoCRM's words. */
export interface EntityContext {
  readonly facts: AccountFacts;
  readonly options: AmoCrmOptions;
}

/** A name as amoCRM takes it: never empty, not too long, no broken character at its end. */
export function amoName(name: string): string {
  const trimmed = name.trim();
  return trimmed === "" ? NAMELESS : trimmed.slice(0, LONGEST_NAME).toWellFormed();
}

/** A new contact: name, our id, phones and e-mail addresses. */
export function newAmoContact(
  { facts }: EntityContext,
  contact: Contact,
  identities: readonly ChannelIdentity[],
): Readonly<Record<string, unknown>> {
  const fields: unknown[] = [{ field_id: facts.fields.contacts, values: [{ value: contact.id }] }];
  for (const [kind, code] of [["phone", "PHONE"] as const, ["email", "EMAIL"] as const]) {
    const values = identities
      .filter((identity) => identity.kind === kind)
      .map(({ value }) => ({ value, enum_code: "WORK" }));
    if (values.length > 0) fields.push({ field_code: code, values });
  }
  return { name: amoName(contact.name), custom_fields_values: fields };
}

/**
 * A new lead: title, our id, source, and where it stands. One that is closed by now is made open and closed later: a
 * message to a closed one would make amoCRM open another. Its contact is added by the caller.
 */
export function newAmoLead({ facts, options }: EntityContext, lead: Lead, sourceId: string): Record<string, unknown> {
  const statusId = firstStatusOf(options, lead);
  const userId = lead.ownerId === null ? undefined : options.users[lead.ownerId];
  return {
    name: amoName(lead.title),
    ...(options.pipelineId === undefined ? {} : { pipeline_id: options.pipelineId }),
    ...(statusId === undefined ? {} : { status_id: statusId }),
    ...(userId === undefined ? {} : { responsible_user_id: userId }),
    custom_fields_values: [{ field_id: facts.fields.leads, values: [{ value: lead.id }] }],
    _embedded: { source: { external_id: sourceId, type: "widget" } },
  };
}

/** The link of a contact that amoCRM is about to be asked for. */
export function contactIntent(contact: Contact, now: number): EntityLink {
  return {
    kind: "contact",
    ourId: contact.id,
    amoId: null,
    state: "creating",
    askedAt: now,
    amo: { name: amoName(contact.name), statusId: null, responsibleUserId: null },
    ours: { name: contact.name, status: null, ownerId: null },
  };
}

/** The link of a lead that amoCRM is about to be asked for. */
export function leadIntent(options: AmoCrmOptions, lead: Lead, now: number): EntityLink {
  const closed = isClosedLead(options, lead);
  return {
    kind: "lead",
    ourId: lead.id,
    amoId: null,
    state: "creating",
    askedAt: now,
    amo: {
      name: amoName(lead.title),
      statusId: firstStatusOf(options, lead) ?? null,
      responsibleUserId: (lead.ownerId === null ? undefined : options.users[lead.ownerId]) ?? null,
    },
    ours: { name: lead.title, status: closed ? null : lead.status, ownerId: lead.ownerId },
  };
}

/** Whether amoCRM is to close the lead. */
export function isClosedLead(options: AmoCrmOptions, { status }: Lead): boolean {
  return isClosed(amoStatusOf(options, status) ?? null);
}

/** Where a lead stands at first: undefined for the first column of the pipeline. */
function firstStatusOf(options: AmoCrmOptions, lead: Lead): number | undefined {
  return isClosedLead(options, lead) ? undefined : amoStatusOf(options, lead.status);
}
