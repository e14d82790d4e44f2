import type { IncomingMessage } from "node:http";
import type { z } from "zod";
import { HttpError } from "./answer-errors.ts";

const MAX_BYTES = 64 * 1024;

/** The JSON body of a request, checked. */
export async function readJson<T extends z.ZodType>(request: IncomingMessage, schema: T): Promise<z.output<T>> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new HttpError(413, "The body is too large.");
    chunks.push(chunk);
  }
  const { data, error } = schema.safeParse(parse(Buffer.concat(chunks).toString("utf8")));
  if (!error) return data;
  const [issue] = error.issues;
  throw new HttpError(422, `${issue?.path.join(".")}: ${issue?.message}`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new HttpError(400, "The body is no JSON.");
  }
}
