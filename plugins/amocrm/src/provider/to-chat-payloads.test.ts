import type { CrmMessage } from "@crmessenger/kernel/sales";
import { expect, it } from "vitest";
import { toChatPayloads } from "./to-chat-payloads.ts";

const message: CrmMessage = {
  id: "m",
  conversationId: "c",
  contactId: "p",
  direction: "outbound",
  author: { id: "u", name: "Вера" },
  text: "Вот",
  mediaUrls: ["https://files.example.com/a/plan.pdf?key=1"],
  sentAt: "2026-01-05T09:00:00.000Z",
};
const chat = { firstMsec: 1_999, clientName: "Анна", authorId: "bot" };

it("writes a text and each file as a message of its own, one millisecond apart", () => {
  expect(toChatPayloads(message, chat)).toEqual([
    {
      timestamp: 1,
      msec_timestamp: 1_999,
      msgid: "m",
      conversation_id: "c",
      sender: { id: "u", name: "Вера", ref_id: "bot" },
      receiver: { id: "p", name: "Анна" },
      message: { type: "text", text: "Вот" },
      silent: true,
    },
    expect.objectContaining({
      timestamp: 2,
      msec_timestamp: 2_000,
      msgid: "m:1",
      message: { type: "file", text: "", media: message.mediaUrls[0], file_name: "plan.pdf", file_size: 0 },
    }),
  ]);
});

it("shows what the contact wrote as the contact's, and a file without a text first", () => {
  const payloads = toChatPayloads({ ...message, direction: "inbound", text: "", author: { id: "x", name: "" } }, chat);
  expect(payloads).toMatchObject([{ msgid: "m", sender: { id: "p", name: "Client" }, message: { type: "file" } }]);
});
