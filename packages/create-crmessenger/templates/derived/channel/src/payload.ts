import { sanitiseText } from "@crmessenger/kernel/communication";
import { z } from "zod";

/** Stored and compared as it is. What a database can't hold would become another id, so it is refused. */
const identifier = z
  .string()
  .min(1)
  .max(200)
  .refine((text) => !sanitiseText(text).sanitised);
const timestamp = z.iso.datetime({ offset: true });

export const account = z.object({ id: identifier, name: z.string() });

const file = z.object({
  id: identifier,
  mimeType: z.string().min(3).max(200),
  fileName: z.string().max(255).optional(),
});

/** A message from a customer. */
const message = z.object({
  id: identifier,
  chatId: identifier,
  from: z.object({ id: identifier, name: z.string(), phone: identifier.optional() }),
  text: z.string().optional(),
  files: z.array(file).max(10).default([]),
  replyTo: identifier.optional(),
  sentAt: timestamp,
});

/** How far a message of ours came. */
const receipt = z.object({ messageId: identifier, status: z.enum(["delivered", "read"]), at: timestamp });

/** What happened on Template name, numbered by account. What this version can't read is `other`: Template name may add kinds one day. */
export const update = z.union([
  z.object({ sequence: z.int(), type: z.literal("message"), message }),
  z.object({ sequence: z.int(), type: z.literal("receipt"), receipt }),
  z
    .object({ sequence: z.int(), type: z.string() })
    .transform(({ sequence, type }) => ({ sequence, type: "other" as const, name: type })),
]);

export const updates = z.object({ updates: z.array(update) });
export const uploaded = z.object({ id: identifier });
export const sent = z.object({ id: identifier, sentAt: timestamp });

export type TemplateNameAccount = z.infer<typeof account>;
export type TemplateNameFile = z.infer<typeof file>;
export type TemplateNameMessage = z.infer<typeof message>;
export type TemplateNameReceipt = z.infer<typeof receipt>;
export type TemplateNameUpdate = z.infer<typeof update>;
