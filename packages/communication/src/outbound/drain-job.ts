import { z } from "zod";
import { defineJob } from "@crmessenger/kernel/infrastructure";

/** Sends what is queued in one conversation. Its key is the conversation's id. */
export const DrainConversation = defineJob("communication.drain-conversation", {
  data: z.object({
    conversationId: z.string(),
    /** Attempts that ended with an unknown outcome, for the back-off. */
    failures: z.number().int().nonnegative().default(0),
  }),
  concurrency: 32,
});
