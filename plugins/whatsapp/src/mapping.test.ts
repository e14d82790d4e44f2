import { proto, type BinaryNode } from "@whiskeysockets/baileys";
import { inboundMessageSchema, type MessagePart } from "@crmessenger/kernel/communication";
import { describe, expect, it } from "vitest";
import { nextStep } from "./connection/reconnect-policy.ts";
import { readContent } from "./inbound/content.ts";
import { readEnvelope } from "./inbound/envelope.ts";
import { rowMessage, rowsOf } from "./inbound/inbox-row.ts";
import { updatesOf } from "./inbound/receipts.ts";
import { messageFolder } from "./inbound/store-files.ts";
import { toMessage } from "./inbound/to-message.ts";
import { addressOf, personOf } from "./jid.ts";
import { outboundContent, toProto } from "./outbound/from-message.ts";
import { messageId } from "./outbound/message-id.ts";
import { sendOutcome } from "./outbound/send-outcome.ts";
import { ServerAcks } from "./outbound/server-acks.ts";

const ACCOUNT = "0190a000-0000-7000-8000-000000000001";
const NOW = Date.parse("2026-11-20T10:00:00.000Z");
const ALICE = {
  from: "200002@lid",
  sender_pn: "15550101@s.whatsapp.net",
  id: "3A01",
  t: "1790000000",
  notify: "Alice",
};

function inbound(message: proto.IMessage, attrs: Record<string, string> = ALICE) {
  const envelope = readEnvelope({ attrs, message: "" }, NOW);
  return toMessage({ channelAccountId: ACCOUNT, envelope, content: readContent(message), files: new Map() });
}

const partsOf = (message: proto.IMessage): readonly MessagePart[] => inbound(message).parts;

describe("what customers send", () => {
  it("passes the kernel's schema, whatever it is", () => {
    const messages: proto.IMessage[] = [
      { conversation: "x".repeat(70_000) },
      { extendedTextMessage: { text: "see", contextInfo: { isForwarded: true, stanzaId: "3A00" } } },
      { locationMessage: { degreesLatitude: 55.75, degreesLongitude: 37.62, name: "Red Square" } },
      {
        contactMessage: {
          displayName: "Bob",
          vcard: "BEGIN:VCARD\nTEL;type=CELL;waid=15550102:+1 555 0102\nEND:VCARD",
        },
      },
      { reactionMessage: { text: "👍", key: { id: "3A00" } } },
      { pollCreationMessageV3: { name: "When?", options: [{ optionName: "Now" }] } },
      { imageMessage: { caption: "no file" } },
      { eventMessage: { name: "Party" } },
      {},
    ];
    for (const message of messages) expect(() => inboundMessageSchema.parse(inbound(message))).not.toThrow();
  });

  it("is read by kind", () => {
    expect(partsOf({ buttonsResponseMessage: { selectedDisplayText: "Yes" } })).toEqual([
      { type: "text", text: "Yes" },
    ]);
    expect(partsOf({ templateButtonReplyMessage: { selectedDisplayText: "No" } })).toEqual([
      { type: "text", text: "No" },
    ]);
    expect(partsOf({ listResponseMessage: { title: "Latte" } })).toEqual([{ type: "text", text: "Latte" }]);
    expect(partsOf({ ephemeralMessage: { message: { conversation: "gone soon" } } })).toEqual([
      { type: "text", text: "gone soon" },
    ]);
    expect(partsOf({ locationMessage: { degreesLatitude: 1, degreesLongitude: 2, name: "Shop" } })).toEqual([
      { type: "location", latitude: 1, longitude: 2, title: "Shop" },
    ]);
    expect(partsOf({ liveLocationMessage: { degreesLatitude: 1, degreesLongitude: 2 } })).toEqual([
      { type: "location", latitude: 1, longitude: 2 },
    ]);
    const vcard = "BEGIN:VCARD\r\nitem1.TEL;waid=1:+1 555 0102\r\nTEL:tel:+15550103\r\nEND:VCARD";
    expect(partsOf({ contactsArrayMessage: { contacts: [{ displayName: "Bob", vcard }, {}] } })).toEqual([
      { type: "contact", name: "Bob", phones: ["+1 555 0102", "+15550103"] },
      { type: "contact", name: "", phones: [] },
    ]);
  });

  it("is never dropped when there is no word for it", () => {
    const { REVOKE, MESSAGE_EDIT } = proto.Message.ProtocolMessage.Type;
    const descriptions = [
      { reactionMessage: { text: "👍", key: { id: "3A00" } } },
      { reactionMessage: { text: "" } },
      { protocolMessage: { type: REVOKE, key: { id: "3A00" } } },
      { protocolMessage: { type: MESSAGE_EDIT, key: { id: "3A00" }, editedMessage: { conversation: "better" } } },
      { pollCreationMessage: { name: "When?" } },
      { locationMessage: { degreesLatitude: 200, degreesLongitude: 2 } },
      { imageMessage: {} },
      {},
    ].map((message) => partsOf(message)[0]);
    expect(descriptions.map((part) => part?.type === "unsupported" && part.description)).toEqual([
      "Reacted with 👍",
      "Took a reaction back",
      "Deleted a message",
      "Edited a message",
      "A poll: When?",
      "A message of a kind this channel can't show",
      "A file (image) that WhatsApp sent without its whereabouts",
      "A message of a kind this channel can't show",
    ]);
    expect(descriptions[3]).toMatchObject({ raw: { messageId: "3A00", text: "better" } });
  });

  it("is clean at the edge, in every string of it", () => {
    const message = inbound(
      { reactionMessage: { text: "\uD800", key: { id: "a\0" } } },
      { ...ALICE, notify: "Al\0ice" },
    );
    expect(message.sanitised).toBe(true);
    expect(message.sender.name).toBe("Al\uFFFDice");
    expect(JSON.stringify(message)).not.toContain("\\u0000");
    expect(message.parts).toEqual([
      { type: "unsupported", description: "Reacted with \uFFFD", raw: { reaction: "\uFFFD", messageId: "a\uFFFD" } },
    ]);
  });

  it("keeps long texts whole and cuts no character in two", () => {
    const text = `${"x".repeat(65_535)}😀y`;
    const parts = partsOf({ conversation: text });
    expect(parts.map((part) => part.type === "text" && part.text).join("")).toBe(text);
    expect(parts.every((part) => part.type === "text" && part.text.isWellFormed())).toBe(true);
    const { sender, sanitised } = inbound({ conversation: "" }, { ...ALICE, notify: "n".repeat(499) + "😀" });
    expect(sender.name).toBe("n".repeat(499));
    expect(sanitised).toBeUndefined();
  });

  it("says where the customer came from", () => {
    const contextInfo = { externalAdReply: { sourceUrl: "https://example.com/ad" } };
    expect(inbound({ extendedTextMessage: { text: "Hi", contextInfo } }).source).toEqual({
      referrer: "https://example.com/ad",
    });
  });

  it("is addressed by number where WhatsApp names no LID", () => {
    const message = inbound({ conversation: "Hi" }, { from: "15550101:3@s.whatsapp.net", id: "3A01", t: "never" });
    expect(message).toMatchObject({
      conversationExternalId: "15550101@s.whatsapp.net",
      sender: { name: "", identities: [{ kind: "whatsapp" }, { kind: "phone", value: "+15550101" }] },
      sentAt: new Date(NOW).toISOString(),
    });
  });
});

describe("rows of decrypted stanzas", () => {
  const own = new Set(["100001", "15550100"]);
  const padded = (message: proto.IMessage): Uint8Array =>
    Buffer.concat([proto.Message.encode(message).finish(), Buffer.from([1])]);
  const stanza = (attrs: Record<string, string>): BinaryNode => ({ tag: "message", attrs });

  it("hold a customer's message as it came", () => {
    const [row] = rowsOf(stanza(ALICE), padded({ conversation: "Hi" }), own);
    expect(row?.attrs).toEqual(ALICE);
    expect(row && rowMessage(row)?.conversation).toBe("Hi");
  });

  it("are left by edits and deletions, and by nothing else that only concerns devices", () => {
    const { REVOKE, MESSAGE_EDIT, APP_STATE_SYNC_KEY_SHARE } = proto.Message.ProtocolMessage.Type;
    const count = (message: proto.IMessage): number => rowsOf(stanza(ALICE), padded(message), own).length;
    expect(count({ protocolMessage: { type: REVOKE, key: { id: "3A00" } } })).toBe(1);
    expect(count({ editedMessage: { message: { protocolMessage: { type: MESSAGE_EDIT } } } })).toBe(1);
    expect(count({ protocolMessage: { type: APP_STATE_SYNC_KEY_SHARE } })).toBe(0);
    expect(count({ senderKeyDistributionMessage: { groupId: "1@g.us" } })).toBe(0);
    expect(rowsOf(stanza({ from: "100001@lid", id: "1" }), padded({ conversation: "own" }), own)).toEqual([]);
    expect(rowsOf(stanza({ from: "100001:2@lid", recipient: "200002@lid", id: "1" }), padded({}), own)).toEqual([]);
  });

  it("are left by messages the phone hands over later", () => {
    const info = {
      key: { remoteJid: "200002@lid", id: "3A09" },
      message: { conversation: "late" },
      messageTimestamp: 1790000000,
      pushName: "Alice",
    };
    const result = (webMessageInfo: proto.IWebMessageInfo) => ({
      placeholderMessageResendResponse: { webMessageInfoBytes: proto.WebMessageInfo.encode(webMessageInfo).finish() },
    });
    const rows = rowsOf(
      stanza({ from: "15550100@s.whatsapp.net", id: "PEER" }),
      padded({
        protocolMessage: {
          type: proto.Message.ProtocolMessage.Type.PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE,
          peerDataOperationRequestResponseMessage: {
            peerDataOperationResult: [result(info), result({ key: { ...info.key, fromMe: true }, message: {} }), {}],
          },
        },
      }),
      own,
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]?.attrs).toEqual({ from: "200002@lid", id: "3A09", t: "1790000000", notify: "Alice" });
  });

  it("hold what can't be read, too", () => {
    expect(rowsOf(stanza(ALICE), Buffer.from([0x0a, 0xff, 1]), own)).toHaveLength(1);
    expect(rowsOf(stanza(ALICE), Buffer.from([]), own)).toEqual([{ attrs: ALICE, message: "" }]);
    expect(rowMessage({ attrs: ALICE, message: Buffer.from([0x0a, 0xff]).toString("base64") })).toBeUndefined();
  });
});

describe("receipts", () => {
  const own = new Set(["100001"]);
  const receipt = (attrs: Record<string, string>, ids: string[] = []): BinaryNode => ({
    tag: "receipt",
    attrs,
    content: [{ tag: "list", attrs: {}, content: ids.map((id) => ({ tag: "item", attrs: { id } })) }],
  });

  it("mean delivered or read, for every message they name", () => {
    const at = "2026-09-21T14:13:20.000Z";
    expect(updatesOf(receipt({ from: "200002@lid", id: "A", t: "1790000000" }), own, NOW)).toEqual([
      { externalId: "A", status: "delivered", at },
    ]);
    expect(updatesOf(receipt({ from: "200002@lid", id: "A", t: "x", type: "read" }, ["B"]), own, NOW)).toEqual([
      { externalId: "A", status: "read", at: new Date(NOW).toISOString() },
      { externalId: "B", status: "read", at: new Date(NOW).toISOString() },
    ]);
    const types = ["inactive", "played", "retry", "sender", "server-error"];
    const statuses = types.map(
      (type) => updatesOf(receipt({ from: "200002@lid", id: "A", type }), own, NOW)[0]?.status,
    );
    expect(statuses).toEqual(["delivered", "read", undefined, undefined, undefined]);
  });

  it("of the account's own devices mean nothing", () => {
    expect(updatesOf(receipt({ from: "100001:2@lid", id: "A", type: "read" }), own, NOW)).toEqual([]);
  });
});

describe("what managers send", () => {
  const outbound = (parts: readonly MessagePart[]) =>
    outboundContent({ id: "1", conversationId: "c", conversationExternalId: "200002@lid", parts });
  const file = { path: "a", size: 1, sha256: "0".repeat(64), mimeType: "image/png" };

  it("becomes a text where WhatsApp has no form of its own", () => {
    const parts: MessagePart[] = [
      { type: "buttons", text: "Size?", buttons: [{ id: "s", label: "Small" }] },
      { type: "location", latitude: 1, longitude: 2, title: "Shop" },
      { type: "contact", name: "Bob", phones: ["+15550102"] },
    ];
    expect(outbound(parts)?.text).toBe("Size?\n• Small\nShop\n1, 2\nBob\n+15550102");
  });

  it("is refused where that would lose something", () => {
    const media = { type: "media", kind: "image", file } as const;
    expect(outbound([])).toBeUndefined();
    expect(outbound([media, media])).toBeUndefined();
    expect(outbound([{ type: "template", name: "t", language: "en", variables: {} }])).toBeUndefined();
  });

  it("has the message type of its file", () => {
    const uploaded = {
      url: "u",
      directPath: "/p",
      mediaKey: Buffer.alloc(32),
      fileSha256: Buffer.alloc(32),
      fileEncSha256: Buffer.alloc(32),
      fileLength: 1,
    };
    const of = (kind: "video" | "voice" | "document", text?: string) =>
      toProto({ text, media: { kind, file, durationSeconds: 2.4 } }, uploaded);
    expect(of("video", "Look").videoMessage).toMatchObject({ caption: "Look", seconds: 2 });
    expect(of("voice").audioMessage).toMatchObject({ ptt: true, seconds: 2 });
    expect(of("document").documentMessage).toMatchObject({ fileName: "document" });
    expect(of("document", "Here").documentWithCaptionMessage?.message?.documentMessage?.caption).toBe("Here");
  });
});

describe("small decisions", () => {
  it("reconnects by the reason of the end", () => {
    expect(nextStep(515, 0, 0)).toMatchObject({ kind: "reconnect", afterMs: 0 });
    expect(nextStep(401, 0, 0)).toMatchObject({ kind: "forget-device", state: { status: "needs-login" } });
    expect(nextStep(411, 0, 0)).toMatchObject({ kind: "forget-device", state: { status: "needs-login" } });
    expect(nextStep(403, 0, 0)).toMatchObject({ kind: "stop", state: { status: "blocked" } });
    expect(nextStep(440, 0, 0)).toMatchObject({ kind: "stop", state: { status: "degraded" } });
    expect(nextStep(405, 0, 0)).toMatchObject({ kind: "reconnect", afterMs: 900_000, state: { status: "degraded" } });
    expect(nextStep(428, 0, 0)).toMatchObject({ kind: "reconnect", afterMs: 125, state: { status: "connecting" } });
    expect(nextStep(408, 4, 1)).toMatchObject({ kind: "reconnect", afterMs: 4_000, state: { status: "degraded" } });
    expect(nextStep(0, 50, 1)).toMatchObject({ kind: "reconnect", afterMs: 60_000 });
  });

  it("understands the server's word", () => {
    expect(sendOutcome("A", { accepted: true, at: NOW })).toEqual({
      outcome: "accepted",
      externalId: "A",
      at: "2026-11-20T10:00:00.000Z",
      status: "sent",
    });
    expect(sendOutcome("A", { accepted: false, code: 406 })).toEqual({
      outcome: "rejected",
      reason: "WhatsApp refused the message (406).",
    });
  });

  it("waits for acks by id", async () => {
    const acks = new ServerAcks();
    const never = new AbortController();
    const first = acks.waitFor("A", never.signal);
    const second = acks.waitFor("A", never.signal);
    await expect(first).rejects.toThrow("second time");
    acks.receive({ tag: "ack", attrs: { id: "other" } });
    acks.receive({ tag: "ack", attrs: { id: "A", error: "x" } });
    expect(await second).toEqual({ accepted: false, code: 0 });
    const third = acks.waitFor("A", never.signal);
    acks.close(new Error("gone"));
    await expect(third).rejects.toThrow("gone");
    const fourth = acks.waitFor("A", never.signal);
    never.abort(new Error("late"));
    await expect(fourth).rejects.toThrow("late");
  });

  it("makes addresses, ids and paths", () => {
    expect(addressOf("+1 (555) 010-1")).toBe("15550101@s.whatsapp.net");
    expect(addressOf("200002@lid")).toBe("200002@lid");
    expect(addressOf("120@g.us")).toBeUndefined();
    expect(personOf("200002:4@lid")).toBe("200002@lid");
    expect(messageId("a")).toBe(messageId("a"));
    expect(messageId("a")).not.toBe(messageId("b"));
    expect(messageFolder("acc", "3A01")).toBe("inbound/acc/3A01");
    expect(messageFolder("acc", "../x")).toMatch(/^inbound\/acc\/[0-9a-f]{64}$/);
  });
});
