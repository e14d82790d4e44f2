import { z } from "zod";

const utterance = z.strictObject({
  speaker: z.enum(["user", "assistant"]),
  text: z.string().max(4_096),
  /** A file beside the conversations, sent with the text as its caption. */
  media: z.string().min(1).exactOptional(),
});

/** One line of a conversations file. */
export const conversationSchema = z.strictObject({
  conversation_id: z.string().min(1),
  scenario: z.string(),
  utterances: z.array(utterance).min(1),
  /** Conversations of the same customer are one person's. */
  customer: z.string().min(1).exactOptional(),
  /** Where it happens; without it the messengers take turns. */
  channel: z.enum(["telegram", "whatsapp"]).exactOptional(),
});

export type Conversation = z.infer<typeof conversationSchema>;
export type ChannelName = "telegram" | "whatsapp";

/** A file of a conversation, read. */
export interface MediaFile {
  readonly name: string;
  readonly mimeType: string;
  readonly bytes: Uint8Array;
  readonly sha256: string;
}

export interface Utterance {
  readonly speaker: "user" | "assistant";
  readonly text: string;
  readonly media: MediaFile | undefined;
}
