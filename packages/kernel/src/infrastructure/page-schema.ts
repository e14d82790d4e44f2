import { z } from "zod";
import type { Sort } from "./page.ts";

/** What a request for a page says, in a query string too: `PageRequest` as fields of an operation's input. */
export const pageRequestFields = {
  limit: z.coerce.number().int().min(1).max(500).exactOptional(),
  after: z.string().max(2_000).exactOptional(),
};

/** A page of records. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item).readonly(), next: z.string().exactOptional() });
}

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
