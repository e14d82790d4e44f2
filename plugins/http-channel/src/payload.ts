import { sanitiseText } from "@crmessenger/kernel/communication";
import { z } from "zod";

/** What is stored and compared. What a database can't hold is refused here, since another id would be another thing. */
const exact = z.string().refine((text) => !sanitiseText(text).sanitised, "must not contain NUL or lone surrogates");
const identifier = exact.min(1).max(300);

const YEAR_10000 = Date.UTC(10_000, 0);

const timestamp = z.iso.datetime({ offset: true }).refine((text) => {
  const at = Date.parse(text);
  return at >= 0 && at < YEAR_10000;
}, "must be between 1970 and 9999");

/** A file by address: it is fetched before the message is accepted. */
const media = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).max(2_000),
  mimeType: z
    .string()
    .max(200)
    .regex(/^[\w.+-]+\/[\w.+-]+(; ?[\w.+-]+=[\w.+-]+)*$/, "must be a MIME type, such as image/jpeg"),
  fileName: z.string().max(255).exactOptional(),
  kind: z.enum(["image", "video", "audio", "voice", "document", "sticker"]).exactOptional(),
});

/** A message from a customer. */
export const inboundPayload = z
  .strictObject({
    id: identifier,
    conversationId: identifier,
    sender: z.strictObject({
      id: exact.min(1).max(200),
      name: z.string().max(500),
      phone: exact.min(1).max(50).exactOptional(),
      email: exact.min(1).max(320).exactOptional(),
    }),
    text: z.string().max(65_536).exactOptional(),
    media: z.array(media).max(10).exactOptional(),
    replyTo: exact.max(300).exactOptional(),
    sentAt: timestamp,
    utm: z
      .partialRecord(z.enum(["source", "medium", "campaign", "term", "content"]), z.string().max(500))
      .exactOptional(),
    referrer: z.string().max(2_000).exactOptional(),
  })
  .refine(({ text, media = [] }) => text !== undefined || media.length > 0, "text or media is needed");

/** How far a message that we sent came. `messageId` is the id it was taken under: theirs if the answer named one, otherwise ours. */
export const statusPayload = z.strictObject({
  messageId: identifier,
  status: z.enum(["sent", "delivered", "read", "failed"]),
  at: timestamp,
  failure: z.string().max(500).exactOptional(),
});

/** What the other system posts to us. */
export const webhookPayload = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("message"), data: inboundPayload }),
  z.strictObject({ type: z.literal("status"), data: statusPayload }),
]);

export type WebhookPayload = z.infer<typeof webhookPayload>;
export type InboundPayload = z.infer<typeof inboundPayload>;
export type MediaPayload = z.infer<typeof media>;
export type StatusPayload = z.infer<typeof statusPayload>;

/** What the other system answers when it took a message; without an id, the one it was sent with is used. */
export const acceptedPayload = z.object({ id: z.union([identifier, z.int().transform(String)]) });
