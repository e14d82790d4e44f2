import { z } from "zod";
import { criteriaUp, inItems } from "../bus/nested-step.ts";
import { defineCommand, defineQuery } from "../bus/operation.ts";
import { criteriaSchema } from "../infrastructure/criteria-schema.ts";
import type { Page } from "../infrastructure/page.ts";
import { pageOf, pageRequestFields, sortSchema } from "../infrastructure/page-schema.ts";
import { attributes, id } from "../schema.ts";
import type { Lead } from "./lead.ts";
import { leadShape } from "./lead-shape.ts";
import {
  channelIdentitySchema,
  contactSchema,
  identityClaimSchema,
  leadSchema,
  leadSourceSchema,
  leadV1Schema,
} from "./schemas.ts";

const listFields = { ...pageRequestFields, criteria: criteriaSchema.exactOptional() };
const listInput = z.object({ ...listFields, sort: sortSchema.exactOptional() });
/** Lists could not be sorted then. */
const listInputV1 = z.object(listFields);
const byId = z.object({ id });

export const contactWithIdentities = z.object({ contact: contactSchema, identities: z.array(channelIdentitySchema) });

export const CreateContact = defineCommand({
  name: "sales.contact.create",
  description: "Creates a contact with the identities it is known by.",
  input: z.object({
    name: z.string().min(1).max(500),
    identities: z.array(identityClaimSchema).max(50).default([]),
    ownerId: id.nullable().default(null),
    attributes: attributes.default({}),
  }),
  output: contactWithIdentities,
  permission: "sales.contact.create",
  http: { method: "POST", path: "/contacts", status: 201 },
});

export const UpdateContact = defineCommand({
  name: "sales.contact.update",
  description: "Changes a contact's name, owner or custom fields; with `version`, only if nobody changed it since.",
  input: z.object({
    id,
    version: z.number().int().exactOptional(),
    name: z.string().min(1).max(500).exactOptional(),
    ownerId: id.nullable().exactOptional(),
    attributes: attributes.exactOptional(),
  }),
  output: contactSchema,
  permission: "sales.contact.update",
  http: { method: "PATCH", path: "/contacts/:id" },
});

export const GetContact = defineQuery({
  name: "sales.contact.get",
  description: "One contact with its identities.",
  input: byId,
  output: contactWithIdentities,
  permission: "sales.contact.read",
  http: { method: "GET", path: "/contacts/:id" },
});

export const ListContacts = defineQuery({
  name: "sales.contact.list",
  description: "Contacts that match, newest first unless `sort` says otherwise.",
  input: listInput,
  output: pageOf(contactSchema),
  permission: "sales.contact.read",
  http: { method: "GET", path: "/contacts" },
});

const leadStep = leadShape.step(1);
const leadPageStep = inItems("items", leadStep);

/** Answers a lead; its input was the same in version 1. */
function leadInV1<I>(input: z.ZodType<I>) {
  const { up: restore, down } = leadStep;
  return { 1: { input, output: leadV1Schema, up: (same: I) => same, down, restore } };
}

const createLeadInput = z.object({
  title: z.string().min(1).max(500),
  contactId: id,
  source: leadSourceSchema,
  ownerId: id.nullable().default(null),
  teamId: id.nullable().default(null),
  attributes: attributes.default({}),
});

export const CreateLead = defineCommand({
  name: "sales.lead.create",
  version: 2,
  description: "Creates a lead for a contact. A lead always has a source.",
  input: createLeadInput,
  output: leadSchema,
  earlier: leadInV1(createLeadInput),
  permission: "sales.lead.create",
  http: { method: "POST", path: "/leads", status: 201 },
});

const updateLeadInput = z.object({
  id,
  version: z.number().int().exactOptional(),
  title: z.string().min(1).max(500).exactOptional(),
  attributes: attributes.exactOptional(),
});

export const UpdateLead = defineCommand({
  name: "sales.lead.update",
  version: 2,
  description: "Changes a lead's title or custom fields; with `version`, only if nobody changed it since.",
  input: updateLeadInput,
  output: leadSchema,
  earlier: leadInV1(updateLeadInput),
  permission: "sales.lead.update",
  http: { method: "PATCH", path: "/leads/:id" },
});

const assignLeadInput = z.object({ id, ownerId: id.nullable(), teamId: id.nullable().exactOptional() });

export const AssignLead = defineCommand({
  name: "sales.lead.assign",
  version: 2,
  description: "Gives a lead to an owner, or to nobody.",
  input: assignLeadInput,
  output: leadSchema,
  earlier: leadInV1(assignLeadInput),
  permission: "sales.lead.assign",
  http: { method: "POST", path: "/leads/:id/assign" },
});

const statusInput = { id, status: z.string().min(1) };

export const ChangeLeadStatus = defineCommand({
  name: "sales.lead.change-status",
  version: 2,
  description:
    "Moves a lead to another status along the transition table, for a reason that is kept with it; anything else is CRM_SALES_TRANSITION (409).",
  input: z.object({ ...statusInput, reason: z.string().min(1).max(1_000).exactOptional() }),
  output: leadSchema,
  earlier: leadInV1(z.object(statusInput)),
  permission: "sales.lead.update",
  http: { method: "POST", path: "/leads/:id/status" },
});

export const GetLead = defineQuery({
  name: "sales.lead.get",
  version: 2,
  description: "One lead.",
  input: byId,
  output: leadSchema,
  earlier: leadInV1(byId),
  permission: "sales.lead.read",
  http: { method: "GET", path: "/leads/:id" },
});

export const ListLeads = defineQuery({
  name: "sales.lead.list",
  version: 2,
  description: "Leads that match, newest first unless `sort` says otherwise.",
  input: listInput,
  output: pageOf(leadSchema),
  earlier: {
    1: {
      input: listInputV1,
      output: pageOf(leadV1Schema),
      up: ({ criteria, ...page }: z.output<typeof listInputV1>) =>
        criteria ? { ...page, criteria: criteriaUp(criteria, leadStep) } : page,
      down: (page: Page<Lead>) => leadPageStep.down(page),
    },
  },
  permission: "sales.lead.read",
  http: { method: "GET", path: "/leads" },
});
