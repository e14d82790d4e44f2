import { z } from "zod";
import { defineEvent } from "../bus/event-definition.ts";
import { contract } from "../contract.ts";
import { type EntityRef, entityRefSchema } from "../infrastructure/entity-ref.ts";
import type { Timestamp } from "../infrastructure/json.ts";
import type { EntityRecord, Repository } from "../infrastructure/repository.ts";
import { entityFields, id, timestamp } from "../schema.ts";

/** What a task can be about: any entity with an owner. A deal that is closed closes its tasks in the same unit of work. */
export interface Taskable extends EntityRef {
  readonly ownerId: string | null;
  readonly teamId: string | null;
}

/** Something that somebody is to do. */
export interface Task extends EntityRecord {
  readonly title: string;
  readonly description: string;
  /** The entity it is about; null for a task of its own. */
  readonly about: EntityRef | null;
  /** The user who is to do it. */
  readonly ownerId: string | null;
  readonly teamId: string | null;
  readonly status: "open" | "done" | "cancelled";
  readonly dueAt: Timestamp | null;
  /** When it was done or cancelled. */
  readonly closedAt: Timestamp | null;
}

/** Tasks, as any repository. */
export interface TaskRepository extends Repository<Task> {}

export const TaskRepository = contract<TaskRepository>("automation.task-repository", 1);

export const taskSchema: z.ZodType<Task> = z.object({
  ...entityFields,
  title: z.string(),
  description: z.string(),
  about: entityRefSchema.nullable(),
  ownerId: id.nullable(),
  teamId: id.nullable(),
  status: z.enum(["open", "done", "cancelled"]),
  dueAt: timestamp.nullable(),
  closedAt: timestamp.nullable(),
});

/** A task exists. Aggregate: `task`. */
export const TaskCreated = defineEvent("task.created", { 1: z.object({ task: taskSchema }) });
/** A task was done or cancelled. Aggregate: `task`. */
export const TaskClosed = defineEvent("task.closed", { 1: z.object({ task: taskSchema }) });
/** A task is open after its deadline; recorded once for each deadline. Aggregate: `task`. */
export const TaskOverdue = defineEvent("task.overdue", { 1: z.object({ task: taskSchema }) });
