import { type JobDefinition, defineJob } from "@crmessenger/kernel/infrastructure";
import { z } from "zod";

const data = z.object({
  conversationId: z.string(),
  /** Attempts that ended with an unknown outcome, for the back-off. */
  failures: z.number().int().nonnegative().default(0),
});

export type DrainData = z.output<typeof data>;

/**
 * Sends what is queued in one conversation. Its key is the conversation's id. Every account has a kind of its own:
 * only the process that runs the account works on it, and accounts do not wait for each other. What a customer is to
 * be told is never given up, so it never becomes a dead letter.
 */
export function drainJob(accountId: string): JobDefinition<DrainData> {
  return defineJob<DrainData>(`communication.drain.${accountId}`, {
    data: data as z.ZodType<DrainData>,
    concurrency: 32,
    maxAttempts: Number.MAX_SAFE_INTEGER,
    maxBackoffMs: 30_000,
  });
}
