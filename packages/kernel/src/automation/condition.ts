import { z } from "zod";
import { criteriaSchema } from "../infrastructure/criteria-schema.ts";
import type { Criteria } from "../infrastructure/criteria.ts";

/**
 * A link in the chain of what must hold before a workflow acts. Links are tried in order; the first that does not hold
 * ends the run, and the run says which one it was.
 */
export interface Condition {
  /** Evaluated over the event's payload, or over the subject as it is when the run begins. */
  readonly over: "event" | "subject";
  readonly criteria: Criteria;
}

export const conditionSchema: z.ZodType<Condition> = z.strictObject({
  over: z.enum(["event", "subject"]),
  criteria: criteriaSchema,
});
