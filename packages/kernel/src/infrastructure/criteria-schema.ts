import { z } from "zod";
import type { Criteria } from "./criteria.ts";

const field = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9-]*(\.[^.\0]{1,100}){0,4}$/, "a field is a name, or a path joined by dots");
const value = z.union([z.null(), z.boolean(), z.number(), z.string()]);
const MAX_DEPTH = 16;

const node: z.ZodType<Criteria> = z.lazy(() =>
  z.union([
    z.strictObject({ op: z.enum(["and", "or"]), all: z.array(node).max(100) }),
    z.strictObject({ op: z.literal("not"), criteria: node }),
    z.strictObject({ op: z.enum(["eq", "ne", "gt", "gte", "lt", "lte"]), field, value }),
    z.strictObject({ op: z.literal("in"), field, values: z.array(value).max(1_000) }),
    z.strictObject({ op: z.enum(["contains", "startsWith"]), field, value: z.string() }),
    z.strictObject({ op: z.literal("includes"), field, value }),
    z.strictObject({ op: z.literal("isNull"), field }),
    z.strictObject({ op: z.literal("between"), field, from: value, to: value }),
  ]),
);

/** Criteria from outside: the shape is checked, and how deep they nest. */
export const criteriaSchema: z.ZodType<Criteria> = z
  .unknown()
  .refine((input) => depth(input) <= MAX_DEPTH, `criteria nest at most ${MAX_DEPTH} deep`)
  .pipe(node) as z.ZodType<Criteria>;

function depth(input: unknown, level = 0): number {
  if (level > MAX_DEPTH || typeof input !== "object" || input === null) return level;
  const { all, criteria } = input as { all?: unknown; criteria?: unknown };
  const inner = [...(Array.isArray(all) ? (all as unknown[]) : []), ...(criteria === undefined ? [] : [criteria])];
  return inner.reduce<number>((deepest, child) => Math.max(deepest, depth(child, level + 1)), level);
}
