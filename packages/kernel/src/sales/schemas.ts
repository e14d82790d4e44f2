import { z } from "zod";
import type { Timestamp } from "../infrastructure/json.ts";
import { attributes, entityFields, id, timestamp } from "../schema.ts";
import type { Contact } from "./contact.ts";
import type { ChannelIdentity, IdentityClaim } from "./channel-identity.ts";
import type { Lead } from "./lead.ts";
import type { LeadSource } from "./lead-source.ts";

export const leadSourceSchema: z.ZodType<LeadSource> = z.strictObject({
  channel: z.string().min(1).max(100),
  channelAccountId: id.exactOptional(),
  utm: z
    .partialRecord(z.enum(["source", "medium", "campaign", "term", "content"]), z.string().max(500))
    .exactOptional() as z.ZodType<NonNullable<LeadSource["utm"]>> & z.ZodExactOptional,
  referrer: z.string().max(2_000).exactOptional(),
  partnerId: id.exactOptional(),
});

export const identityClaimSchema: z.ZodType<IdentityClaim> = z.strictObject({
  kind: z.string().min(1).max(50),
  value: z.string().min(1).max(320),
  verified: z.boolean(),
});

export const contactSchema: z.ZodType<Contact> = z.object({
  ...entityFields,
  name: z.string(),
  ownerId: id.nullable(),
  attributes,
});

export const channelIdentitySchema: z.ZodType<ChannelIdentity> = z.object({
  ...entityFields,
  contactId: id,
  kind: z.string(),
  value: z.string(),
  aliases: z.array(z.string()).readonly(),
  verified: z.boolean(),
});

const leadFields = {
  ...entityFields,
  title: z.string(),
  contactId: id,
  status: z.string(),
  source: leadSourceSchema,
  ownerId: id.nullable(),
  teamId: id.nullable(),
  attributes,
};

export const leadSchema: z.ZodType<Lead> = z.object({
  ...leadFields,
  statusSince: timestamp,
  statusReason: z.string().nullable(),
});

/** A lead as it was before version 2. */
export type LeadV1 = Omit<Lead, "statusSince" | "statusReason"> & { readonly statusChangedAt: Timestamp };

export const leadV1Schema: z.ZodType<LeadV1> = z.object({ ...leadFields, statusChangedAt: timestamp });
