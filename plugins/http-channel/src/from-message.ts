import type { OutboundMessage } from "@crmessenger/kernel/communication";

/** The body we post for an outbound message, under the id that it is deduped by; the bytes of media travel in base64. */
export function fromMessage(id: string, message: OutboundMessage, contents: readonly Uint8Array[]): string {
  const files = message.parts.filter((part) => part.type === "media");
  const media = files.map(({ kind, file }, index) => ({
    kind,
    mimeType: file.mimeType,
    ...(file.fileName === undefined ? {} : { fileName: file.fileName }),
    content: Buffer.from(contents[index] ?? new Uint8Array()).toString("base64"),
  }));
  const text = message.parts.find((part) => part.type === "text")?.text;
  return JSON.stringify({
    type: "message",
    data: {
      id,
      conversationId: message.conversationExternalId,
      ...(text === undefined ? {} : { text }),
      ...(media.length === 0 ? {} : { media }),
      ...(message.replyToExternalId === undefined ? {} : { replyTo: message.replyToExternalId }),
    },
  });
}
