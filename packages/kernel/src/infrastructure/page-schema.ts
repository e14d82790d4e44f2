import { z } from "zod";
import type { Sort } from "./page.ts";

/** The order of a list, by properties and custom fields: `[{ field: "attributes.size", direction: "asc" }]`. */
export const sortSchema: z.ZodType<readonly Sort[]> = z
  .array(
    z.strictObject({
      field: z.string().min(1).max(200),
      direction: z.enum(["asc", "desc"]),
      kind: z.enum(["text", "number", "boolean", "timestamp", "date"]).exactOptional(),
    }),
  )
  .max(5)
  .readonly();
