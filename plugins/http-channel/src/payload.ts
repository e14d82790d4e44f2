import { z } from "zod";

const timestamp = z.iso.datetime({ offset: true });

/** A file by address: it is fetched before the message is accepted. */
const media = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).max(2_000),
  mimeType: z.string().min(1).max(200),
  fileName: z.string().max(255).exactOptional(),
  kind: z.enum(["image", "video", "audio", "voice", "document", "sticker"]).exactOptional(),
});

/** A message from a customer. */
export const inboundPayload = z.strictObject({
  id: z.string().min(1).max(300),
  conversationId: z.string().min(1).max(300),
  sender: z.strictObject({
    id: z.string().min(1).max(300),
    name: z.string().max(500),
    phone: z.string().max(50).exactOptional(),
    email: z.string().max(320).exactOptional(),
  }),
  text: z.string().max(65_536).exactOptional(),
  media: z.array(media).max(10).exactOptional(),
  replyTo: z.string().max(300).exactOptional(),
  sentAt: timestamp,
  utm: z.partialRecord(z.enum(["source", "medium", "campaign", "term", "content"]), z.string().max(500)).exactOptional(),
  referrer: z.string().max(2_000).exactOptional(),
});

/** How far a message that we sent came. `messageId` is the id it was sent with. */
export const statusPayload = z.strictObject({
  messageId: z.string().min(1).max(300),
  status: z.enum(["sent", "delivered", "read", "failed"]),
  at: timestamp,
  failure: z.string().max(500).exactOptional(),
});

/** What the other system posts to us. */
export const webhookPayload = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("message"), data: inboundPayload }),
  z.strictObject({ type: z.literal("status"), data: statusPayload }),
]);

export type InboundPayload = z.infer<typeof inboundPayload>;
export type StatusPayload = z.infer<typeof statusPayload>;

/** What the other system answers when it took a message; without an id, ours is used. */
export const acceptedPayload = z.object({ id: z.string().min(1).max(300).exactOptional() });
