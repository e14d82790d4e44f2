import { z } from "zod";
import type { Json, JsonObject } from "./infrastructure/json.ts";

/** Schemas of what appears in many contracts. */
export const id = z.string().min(1).max(200);
export const timestamp = z.iso.datetime({ precision: 3 });
export const json = z.json() as z.ZodType<Json>;
export const jsonObject = z.record(z.string(), z.json()) as z.ZodType<JsonObject>;
/** Custom field values. */
export const attributes = jsonObject;

/** What every record of an entity begins with. */
export const entityFields = {
  id,
  tenantId: id,
  version: z.number().int().positive(),
  createdAt: timestamp,
  updatedAt: timestamp,
  deletedAt: timestamp.nullable(),
};
