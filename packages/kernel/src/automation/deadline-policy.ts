import { contract, registryReach } from "../contract.ts";
import type { JsonObject, Timestamp } from "../infrastructure/json.ts";
import type { Named, Registry } from "../infrastructure/registry.ts";
import type { Task } from "./task.ts";

/** Computes when a task is due: so many working hours from now, the end of the next working day, never at night. */
export interface DeadlinePolicy extends Named {
  /** `settings` are those of whoever chose the policy; null: no deadline. Reads calendars, writes nothing. */
  dueAt(
    task: Pick<Task, "about" | "ownerId" | "teamId">,
    from: Timestamp,
    settings: JsonObject,
  ): Promise<Timestamp | null>;
}

/** The deadline policies of the application. */
export interface DeadlinePolicies extends Registry<DeadlinePolicy> {}

export const DeadlinePolicies = contract<DeadlinePolicies>("automation.deadline-policies", 1, registryReach);
