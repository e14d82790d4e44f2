import { z } from "zod";
import { defineCommand, defineQuery } from "../bus/operation.ts";
import { criteriaSchema } from "../infrastructure/criteria-schema.ts";
import { pageOf, pageRequestFields, sortSchema } from "../infrastructure/page-schema.ts";
import { attributes, id } from "../schema.ts";
import { dealSchema, pipelineSchema, stageSchema } from "./deal-schemas.ts";
import { currencySchema, moneySchema } from "./money.ts";

const listInput = z.object({ ...pageRequestFields, criteria: criteriaSchema.exactOptional() });
const expectedVersion = z.number().int().exactOptional();
const title = z.string().min(1).max(500);
const name = z.string().min(1).max(200);
const stages = z.array(stageSchema).max(100);

export const CreatePipeline = defineCommand({
  name: "sales.pipeline.create",
  description:
    "Creates a pipeline; without `stages` with new, negotiation, won and lost. Each stage has its own id and there is one of each kind, or it is CRM_SALES_STAGES (422); a name in use is CRM_SALES_PIPELINE_TAKEN (409).",
  input: z.object({ name, currency: currencySchema, stages: stages.exactOptional() }),
  output: pipelineSchema,
  permission: "sales.pipeline.create",
  http: { method: "POST", path: "/pipelines", status: 201 },
});

export const UpdatePipeline = defineCommand({
  name: "sales.pipeline.update",
  description:
    "Changes a pipeline's name or replaces its stages; with `version`, only if nobody changed it since. A stage that deals stand on can't go or change its kind: CRM_SALES_STAGE_IN_USE (409).",
  input: z.object({ id, version: expectedVersion, name: name.exactOptional(), stages: stages.exactOptional() }),
  output: pipelineSchema,
  permission: "sales.pipeline.update",
  http: { method: "PATCH", path: "/pipelines/:id" },
});

export const ListPipelines = defineQuery({
  name: "sales.pipeline.list",
  description: "Pipelines that match, newest first.",
  input: listInput,
  output: pageOf(pipelineSchema),
  permission: "sales.pipeline.read",
  http: { method: "GET", path: "/pipelines" },
});

export const CreateDeal = defineCommand({
  name: "sales.deal.create",
  description:
    "Creates a deal on an open stage of a pipeline, by default the first; another is CRM_SALES_STAGE (422). An amount that is not in the pipeline's currency is CRM_SALES_AMOUNT (422).",
  input: z.object({
    title,
    pipelineId: id,
    stageId: id.exactOptional(),
    amount: moneySchema.nullable().default(null),
    contactId: id.nullable().default(null),
    ownerId: id.nullable().default(null),
    teamId: id.nullable().default(null),
    attributes: attributes.default({}),
  }),
  output: dealSchema,
  permission: "sales.deal.create",
  http: { method: "POST", path: "/deals", status: 201 },
});

export const UpdateDeal = defineCommand({
  name: "sales.deal.update",
  description:
    "Changes a deal's title, amount, contact or custom fields; with `version`, only if nobody changed it since. An amount that is not in the pipeline's currency is CRM_SALES_AMOUNT (422).",
  input: z.object({
    id,
    version: expectedVersion,
    title: title.exactOptional(),
    amount: moneySchema.nullable().exactOptional(),
    contactId: id.nullable().exactOptional(),
    attributes: attributes.exactOptional(),
  }),
  output: dealSchema,
  permission: "sales.deal.update",
  http: { method: "PATCH", path: "/deals/:id" },
});

export const MoveDeal = defineCommand({
  name: "sales.deal.move",
  description:
    "Moves a deal to another stage: a won or lost one closes it, an open one opens it again, an unknown one is CRM_SALES_STAGE (422). The reason is kept in the audit and the timeline, and told with deal.lost.",
  input: z.object({ id, stageId: id, reason: z.string().min(1).max(1_000).exactOptional() }),
  output: dealSchema,
  permission: "sales.deal.update",
  http: { method: "POST", path: "/deals/:id/stage" },
});

export const AssignDeal = defineCommand({
  name: "sales.deal.assign",
  description: "Gives a deal to an owner, or to nobody.",
  input: z.object({ id, ownerId: id.nullable(), teamId: id.nullable().exactOptional() }),
  output: dealSchema,
  permission: "sales.deal.assign",
  http: { method: "POST", path: "/deals/:id/assign" },
});

export const GetDeal = defineQuery({
  name: "sales.deal.get",
  description: "One deal.",
  input: z.object({ id }),
  output: dealSchema,
  permission: "sales.deal.read",
  http: { method: "GET", path: "/deals/:id" },
});

export const ListDeals = defineQuery({
  name: "sales.deal.list",
  description: "Deals that match, newest first unless `sort` says otherwise.",
  input: listInput.extend({ sort: sortSchema.exactOptional() }),
  output: pageOf(dealSchema),
  permission: "sales.deal.read",
  http: { method: "GET", path: "/deals" },
});
