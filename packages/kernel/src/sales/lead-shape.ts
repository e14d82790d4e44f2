import { defineShape } from "../bus/shape.ts";
import { leadSchema, leadV1Schema } from "./schemas.ts";

/**
 * A lead in all its versions. Version 2 calls `statusChangedAt` by what it means, `statusSince`, and adds
 * `statusReason`.
 */
export const leadShape = defineShape(
  "lead",
  { 1: leadV1Schema, 2: leadSchema },
  {
    1: {
      up: ({ statusChangedAt, ...lead }) => ({ ...lead, statusSince: statusChangedAt, statusReason: null }),
      down: (lead) => {
        const { statusSince, statusReason: _, ...same } = lead;
        return { ...same, statusChangedAt: statusSince };
      },
      loses: ["statusReason"],
      renames: { statusChangedAt: "statusSince" },
    },
  },
);
