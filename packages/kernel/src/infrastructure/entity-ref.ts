import { z } from "zod";
import { id } from "../schema.ts";

/** Any entity, by its type (`lead`, `deal`, `acme.contract`) and id. How one area points at what another one keeps. */
export interface EntityRef {
  /** The aggregate type that the entity's events carry. */
  readonly type: string;
  readonly id: string;
}

export const entityRefSchema: z.ZodType<EntityRef> = z.strictObject({
  type: z
    .string()
    .regex(/^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)*$/)
    .max(100),
  id,
});
