import type { CrmMessage } from "@crmessenger/kernel/sales";

const NAMELESS = "Client";

/**
 * A message of the application as the chats API takes it: its text, and one message for each file. The first one has
 * the message's id, so that amoCRM refuses it when it comes twice; the others have it with a number.
 */
export function toChatPayloads(
  message: CrmMessage,
  /** `firstMsec`: the time that the first one is shown at. */
  chat: { readonly firstMsec: number; readonly clientName: string; readonly authorId: string },
): readonly (Readonly<Record<string, unknown>> & { readonly msgid: string })[] {
  const files = message.mediaUrls.map((url) => ({
    type: "file",
    text: "",
    media: url,
    file_name: nameOf(url),
    file_size: 0, // amoCRM fetches it and sees for itself
  }));
  const bodies = message.text === "" && files.length > 0 ? files : [{ type: "text", text: message.text }, ...files];
  const author = { id: message.author.id, name: message.author.name || NAMELESS };
  const client = { id: message.contactId, name: chat.clientName || NAMELESS };
  const people =
    message.direction === "inbound"
      ? { sender: { ...client, name: author.name } }
      : { sender: { ...author, ref_id: chat.authorId }, receiver: client };
  return bodies.map((body, index) => ({
    timestamp: Math.floor((chat.firstMsec + index) / 1000),
    msec_timestamp: chat.firstMsec + index,
    msgid: index === 0 ? message.id : `${message.id}:${index}`,
    conversation_id: message.conversationId,
    ...people,
    message: body,
    silent: message.direction === "outbound",
  }));
}

function nameOf(url: string): string {
  return URL.parse(url)?.pathname.split("/").at(-1) || "file";
}
