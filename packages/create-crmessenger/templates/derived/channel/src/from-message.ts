import type { OutboundMessage } from "@crmessenger/kernel/communication";
import type { TemplateNameDraft } from "./template-name-client.ts";
import type { FileServices } from "./receive-files.ts";

/** What is posted for a message of ours. Its file is uploaded first, under the message's own key. */
export async function fromMessage(
  { client, storage }: FileServices,
  message: OutboundMessage,
  key: string,
  signal: AbortSignal,
): Promise<TemplateNameDraft> {
  const text = message.parts.find((part) => part.type === "text")?.text;
  const media = message.parts.find((part) => part.type === "media");
  const content = media && (await new Response(await storage.get(media.file.path)).bytes());
  const fileId = media && content && (await client.upload(media.file, content, key, signal));
  return {
    ...(text === undefined ? {} : { text }),
    ...(fileId === undefined ? {} : { fileId }),
    ...(message.replyToExternalId === undefined ? {} : { replyTo: message.replyToExternalId }),
  };
}
