import type { HttpResponse } from "@crmessenger/kernel/infrastructure";
import { z } from "zod";
import { strangeAnswer } from "./errors.ts";

/** Reads the body of an answer by its schema. Rejects with `CRM_AMOCRM_ANSWER` when it is something else. */
export function bodyOf<T>(response: HttpResponse, schema: z.ZodType<T>, what: string): T {
  const parsed = schema.safeParse(jsonOf(response));
  if (parsed.success) return parsed.data;
  throw strangeAnswer(what, parsed.error);
}

/** The JSON of a body, or undefined when it is none. */
export function jsonOf(response: HttpResponse): unknown {
  if (response.body.length === 0) return undefined;
  try {
    return JSON.parse(Buffer.from(response.body).toString("utf8"));
  } catch {
    return undefined; // a page of a proxy, say: the status decides what becomes of it
  }
}

const problem = z.object({
  hint: z.string().catch(""),
  "validation-errors": z
    .array(
      z.object({
        request_id: z.coerce.string(),
        errors: z.array(z.object({ code: z.string().catch(""), path: z.string().catch("") })),
      }),
    )
    .catch([]),
});

/** What a problem document says. */
export function problemOf(response: HttpResponse): z.infer<typeof problem> {
  const parsed = problem.safeParse(jsonOf(response));
  return parsed.success ? parsed.data : { hint: "", "validation-errors": [] };
}
