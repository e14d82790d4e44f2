import { z } from "zod";
import { contract } from "../contract.ts";
import type { JsonObject, Timestamp } from "../infrastructure/json.ts";
import type { EntityRecord, Repository } from "../infrastructure/repository.ts";
import { type EntityRef, entityRefSchema } from "../infrastructure/entity-ref.ts";
import { entityFields, id, jsonObject, timestamp } from "../schema.ts";
import { type Condition, conditionSchema } from "./condition.ts";

/** A trigger or action by its registered name, with this workflow's settings for it. */
export interface WorkflowPart {
  readonly name: string;
  readonly settings: JsonObject;
}

/** When this happens, and that holds, do these: as data that an owner edits. */
export interface Workflow extends EntityRecord {
  readonly name: string;
  /** A disabled workflow starts no run; runs in hand finish. */
  readonly enabled: boolean;
  readonly trigger: WorkflowPart;
  readonly conditions: readonly Condition[];
  readonly actions: readonly WorkflowPart[];
}

/** Workflows, as any repository. */
export interface WorkflowRepository extends Repository<Workflow> {}

export const WorkflowRepository = contract<WorkflowRepository>("automation.workflow-repository", 1);

/** One time that a workflow was set off. */
export interface WorkflowRun {
  readonly id: string;
  readonly workflowId: string;
  /** Of the workflow when the run began: a later edit does not change it. */
  readonly workflowVersion: number;
  readonly subject: EntityRef;
  /** The event that set it off; null when a person did. */
  readonly eventId: string | null;
  readonly status: "waiting" | "running" | "completed" | "stopped" | "failed";
  /** The action it is at, from 0. */
  readonly step: number;
  /** Why it stopped or failed, in a sentence. */
  readonly reason: string | null;
  /** When a waiting run is due. */
  readonly dueAt: Timestamp | null;
  readonly startedAt: Timestamp;
  readonly endedAt: Timestamp | null;
}

const partSchema: z.ZodType<WorkflowPart> = z.strictObject({ name: z.string().min(1).max(200), settings: jsonObject });

export const workflowSchema: z.ZodType<Workflow> = z.object({
  ...entityFields,
  name: z.string().min(1).max(200),
  enabled: z.boolean(),
  trigger: partSchema,
  conditions: z.array(conditionSchema).max(50).readonly(),
  actions: z.array(partSchema).max(50).readonly(),
});

export const workflowRunSchema: z.ZodType<WorkflowRun> = z.object({
  id,
  workflowId: id,
  workflowVersion: z.number().int().positive(),
  subject: entityRefSchema,
  eventId: id.nullable(),
  status: z.enum(["waiting", "running", "completed", "stopped", "failed"]),
  step: z.number().int().nonnegative(),
  reason: z.string().nullable(),
  dueAt: timestamp.nullable(),
  startedAt: timestamp,
  endedAt: timestamp.nullable(),
});
