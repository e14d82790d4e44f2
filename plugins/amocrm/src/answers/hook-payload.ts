import { z } from "zod";

/** A message that an answer quotes: `msgid` is ours, when we posted it. */
const quoted = z.object({ id: z.string().optional(), msgid: z.string().optional() });

/** What a manager typed into a chat, by the hook of version 2. Everything else a hook may hold is left out. */
export const messageHook = z.object({
  account_id: z.string(),
  message: z.object({
    conversation: z.object({ id: z.string().min(1), client_id: z.string().optional() }),
    sender: z.object({ id: z.string(), name: z.string().optional() }),
    timestamp: z.number(),
    msec_timestamp: z.number().optional(),
    message: z.object({
      id: z.string().min(1),
      type: z.string(),
      text: z.string().nullish(),
      media: z.string().nullish(),
      file_name: z.string().nullish(),
      file_size: z.number().nullish(),
      reply_to: z.object({ message: quoted }).nullish(),
    }),
  }),
});
export type MessageHook = z.infer<typeof messageHook>;

/** Typing, reactions and whatever else comes to the same address: nothing is done about them. */
export const otherHook = z.object({ account_id: z.string(), action: z.unknown() });
