import { definePlugin } from "@crmessenger/kernel";
import { Timeline } from "@crmessenger/kernel/communication";
import { AttributeHolders } from "@crmessenger/kernel/extensibility";
import { Auditor, Clock, EventDispatcher, Ids, createRegistry } from "@crmessenger/kernel/infrastructure";
import {
  ChannelIdentityRepository,
  ContactCreated,
  ContactRepository,
  ContactUpdated,
  type CrmProvider,
  CrmProviders,
  DealCreated,
  DealHooks,
  DealLost,
  DealRepository,
  DealStageChanged,
  DealUpdated,
  DealWon,
  IdentityNormaliser,
  LeadAssigned,
  LeadCreated,
  LeadRepository,
  LeadStates,
  LeadStatusChanged,
  LeadUpdated,
  PipelineRepository,
  SalesHooks,
} from "@crmessenger/kernel/sales";
import { z } from "zod";
import { contactHolder } from "./contact/contact-holder.ts";
import { createContact } from "./contact/create-contact.ts";
import { getContact } from "./contact/get-contact.ts";
import { listContacts } from "./contact/list-contacts.ts";
import { updateContact } from "./contact/update-contact.ts";
import { assignDeal } from "./deal/assign-deal.ts";
import { dealHolder } from "./deal/deal-holder.ts";
import { createDeal } from "./deal/create-deal.ts";
import { getDeal } from "./deal/get-deal.ts";
import { listDeals } from "./deal/list-deals.ts";
import { moveDeal } from "./deal/move-deal.ts";
import { updateDeal } from "./deal/update-deal.ts";
import { createIdentityNormaliser } from "./identity/create-identity-normaliser.ts";
import type { PhoneRegion } from "./identity/normalise-phone.ts";
import { assignLead } from "./lead/assign-lead.ts";
import { changeLeadStatus } from "./lead/change-lead-status.ts";
import { createLead } from "./lead/create-lead.ts";
import { getLead } from "./lead/get-lead.ts";
import { leadHolder } from "./lead/lead-holder.ts";
import { listLeads } from "./lead/list-leads.ts";
import { updateLead } from "./lead/update-lead.ts";
import { createPipeline } from "./pipeline/create-pipeline.ts";
import { listPipelines } from "./pipeline/list-pipelines.ts";
import { updatePipeline } from "./pipeline/update-pipeline.ts";
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

/** Contacts with the identities they are known by, leads on their way through the states, and deals in pipelines. */
export const sales = definePlugin({
  id: "sales",
  version,
  deps: {
    auditor: Auditor,
    clock: Clock,
    contacts: ContactRepository,
    deals: DealRepository,
    events: EventDispatcher,
    identities: ChannelIdentityRepository,
    ids: Ids,
    leads: LeadRepository,
    pipelines: PipelineRepository,
    states: LeadStates,
    timeline: Timeline,
  },
  optionalDeps: { holders: AttributeHolders },
  provides: { crms: CrmProviders, normaliser: IdentityNormaliser },
  options,
  permissions: ["sales.*"],
  hooks: [
    SalesHooks.contactDraft,
    SalesHooks.contactChange,
    SalesHooks.leadDraft,
    SalesHooks.leadChange,
    DealHooks.dealDraft,
    DealHooks.dealChange,
  ],
  events: [
    ContactCreated,
    ContactUpdated,
    LeadCreated,
    LeadUpdated,
    LeadAssigned,
    LeadStatusChanged,
    DealCreated,
    DealUpdated,
    DealStageChanged,
    DealWon,
    DealLost,
  ],
  boot({ holders, ...given }, context) {
    const services: SalesServices = {
      ...given,
      hooks: {
        contactDraft: context.hook(SalesHooks.contactDraft),
        contactChange: context.hook(SalesHooks.contactChange),
        dealDraft: context.hook(DealHooks.dealDraft),
        dealChange: context.hook(DealHooks.dealChange),
        leadDraft: context.hook(SalesHooks.leadDraft),
        leadChange: context.hook(SalesHooks.leadChange),
      },
      phoneRegion: context.options.phoneRegion,
    };
    for (const kind of [contactHolder(services), leadHolder(services), dealHolder(services)]) holders?.register(kind);
    return {
      provide: {
        crms: createRegistry<CrmProvider>("CRM provider"),
        normaliser: createIdentityNormaliser(services.phoneRegion),
      },
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
        createPipeline(services),
        updatePipeline(services),
        listPipelines(services),
        createDeal(services),
        updateDeal(services),
        moveDeal(services),
        assignDeal(services),
        getDeal(services),
        listDeals(services),
      ],
    };
  },
});
