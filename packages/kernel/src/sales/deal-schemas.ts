import { z } from "zod";
import { attributes, entityFields, id, timestamp } from "../schema.ts";
import type { Company } from "./company.ts";
import type { Deal } from "./deal.ts";
import { currencySchema, moneySchema } from "./money.ts";
import type { Pipeline, Stage } from "./pipeline.ts";

export const companySchema: z.ZodType<Company> = z.object({
  ...entityFields,
  name: z.string(),
  domain: z.string().nullable(),
  contactIds: z.array(id).readonly(),
  ownerId: id.nullable(),
  teamId: id.nullable(),
  attributes,
});

export const stageSchema: z.ZodType<Stage> = z.strictObject({
  id,
  name: z.string().min(1).max(200),
  kind: z.enum(["open", "won", "lost"]),
  probability: z.number().min(0).max(1),
});

export const pipelineSchema: z.ZodType<Pipeline> = z.object({
  ...entityFields,
  name: z.string(),
  stages: z.array(stageSchema).readonly(),
  currency: currencySchema,
});

export const dealSchema: z.ZodType<Deal> = z.object({
  ...entityFields,
  title: z.string(),
  pipelineId: id,
  stageId: id,
  stageChangedAt: timestamp,
  amount: moneySchema.nullable(),
  contactId: id.nullable(),
  companyId: id.nullable(),
  leadId: id.nullable(),
  ownerId: id.nullable(),
  teamId: id.nullable(),
  closedAt: timestamp.nullable(),
  attributes,
});
