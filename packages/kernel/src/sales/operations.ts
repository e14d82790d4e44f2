import { z } from "zod";
import { defineCommand, defineQuery } from "../bus/operation.ts";
import { criteriaSchema } from "../infrastructure/criteria-schema.ts";
import { attributes, id, pageOf, pageRequestFields } from "../schema.ts";
import { channelIdentitySchema, contactSchema, identityClaimSchema, leadSchema, leadSourceSchema } from "./schemas.ts";

const listInput = z.object({ ...pageRequestFields, criteria: criteriaSchema.exactOptional() });
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
  description: "Contacts that match, newest first.",
  input: listInput,
  output: pageOf(contactSchema),
  permission: "sales.contact.read",
  http: { method: "GET", path: "/contacts" },
});

export const CreateLead = defineCommand({
  name: "sales.lead.create",
  description: "Creates a lead for a contact. A lead always has a source.",
  input: z.object({
    title: z.string().min(1).max(500),
    contactId: id,
    source: leadSourceSchema,
    ownerId: id.nullable().default(null),
    teamId: id.nullable().default(null),
    attributes: attributes.default({}),
  }),
  output: leadSchema,
  permission: "sales.lead.create",
  http: { method: "POST", path: "/leads", status: 201 },
});

export const UpdateLead = defineCommand({
  name: "sales.lead.update",
  description: "Changes a lead's title or custom fields; with `version`, only if nobody changed it since.",
  input: z.object({
    id,
    version: z.number().int().exactOptional(),
    title: z.string().min(1).max(500).exactOptional(),
    attributes: attributes.exactOptional(),
  }),
  output: leadSchema,
  permission: "sales.lead.update",
  http: { method: "PATCH", path: "/leads/:id" },
});

export const AssignLead = defineCommand({
  name: "sales.lead.assign",
  description: "Gives a lead to an owner, or to nobody.",
  input: z.object({ id, ownerId: id.nullable(), teamId: id.nullable().exactOptional() }),
  output: leadSchema,
  permission: "sales.lead.assign",
  http: { method: "POST", path: "/leads/:id/assign" },
});

export const ChangeLeadStatus = defineCommand({
  name: "sales.lead.change-status",
  description:
    "Moves a lead to another status along the transition table; anything else is CRM_SALES_TRANSITION (409).",
  input: z.object({ id, status: z.string().min(1) }),
  output: leadSchema,
  permission: "sales.lead.update",
  http: { method: "POST", path: "/leads/:id/status" },
});

export const GetLead = defineQuery({
  name: "sales.lead.get",
  description: "One lead.",
  input: byId,
  output: leadSchema,
  permission: "sales.lead.read",
  http: { method: "GET", path: "/leads/:id" },
});

export const ListLeads = defineQuery({
  name: "sales.lead.list",
  description: "Leads that match, newest first.",
  input: listInput,
  output: pageOf(leadSchema),
  permission: "sales.lead.read",
  http: { method: "GET", path: "/leads" },
});
