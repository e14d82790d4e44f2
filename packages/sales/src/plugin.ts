import { definePlugin } from "@crmessenger/kernel";
import { Timeline } from "@crmessenger/kernel/communication";
import { Auditor, Clock, EventDispatcher, Ids } from "@crmessenger/kernel/infrastructure";
import {
  ChannelIdentityRepository,
  ContactCreated,
  ContactRepository,
  ContactUpdated,
  IdentityNormaliser,
  LeadAssigned,
  LeadCreated,
  LeadRepository,
  LeadStates,
  LeadStatusChanged,
  LeadUpdated,
  SalesHooks,
} from "@crmessenger/kernel/sales";
import { z } from "zod";
import { createContact } from "./contact/create-contact.ts";
import { getContact } from "./contact/get-contact.ts";
import { listContacts } from "./contact/list-contacts.ts";
import { updateContact } from "./contact/update-contact.ts";
import { createIdentityNormaliser } from "./identity/create-identity-normaliser.ts";
import type { PhoneRegion } from "./identity/normalise-phone.ts";
import { assignLead } from "./lead/assign-lead.ts";
import { changeLeadStatus } from "./lead/change-lead-status.ts";
import { createLead } from "./lead/create-lead.ts";
import { getLead } from "./lead/get-lead.ts";
import { listLeads } from "./lead/list-leads.ts";
import { updateLead } from "./lead/update-lead.ts";
import type { SalesServices } from "./services.ts";
import { version } from "./version.ts";

const options = z.strictObject({
  /** ISO 3166-1 alpha-2: the country of phone numbers that are written without a country code. Default: none. */
  phoneRegion: z
    .string()
    .regex(/^[A-Z]{2}$/, "a country is two capital letters, such as BR")
    .transform((region) => region as PhoneRegion)
    .optional(),
});

/** Contacts with the identities they are known by, and leads on their way through the states. */
export const sales = definePlugin({
  id: "sales",
  version,
  deps: {
    auditor: Auditor,
    clock: Clock,
    contacts: ContactRepository,
    events: EventDispatcher,
    identities: ChannelIdentityRepository,
    ids: Ids,
    leads: LeadRepository,
    states: LeadStates,
    timeline: Timeline,
  },
  provides: { normaliser: IdentityNormaliser },
  options,
  permissions: ["sales.*"],
  hooks: [SalesHooks.contactDraft, SalesHooks.leadDraft, SalesHooks.leadChange],
  events: [ContactCreated, ContactUpdated, LeadCreated, LeadUpdated, LeadAssigned, LeadStatusChanged],
  boot(given, context) {
    const services: SalesServices = {
      ...given,
      hooks: {
        contactDraft: context.hook(SalesHooks.contactDraft),
        leadDraft: context.hook(SalesHooks.leadDraft),
        leadChange: context.hook(SalesHooks.leadChange),
      },
      phoneRegion: context.options.phoneRegion,
    };
    return {
      provide: { normaliser: createIdentityNormaliser(services.phoneRegion) },
      handlers: [
        createContact(services),
        updateContact(services),
        getContact(services),
        listContacts(services),
        createLead(services),
        updateLead(services),
        assignLead(services),
        changeLeadStatus(services),
        getLead(services),
        listLeads(services),
      ],
    };
  },
});
