import bigInt from "big-integer";
import { Api } from "telegram";
import { expect, test } from "vitest";
import { inboundMessageSchema } from "@crmessenger/kernel/communication";
import { messageFile } from "./message-media.ts";
import { type ArrivedMessage, toMessage, unreadableMessage } from "./to-message.ts";

const CHAT = "5000000001";
const PEER = new Api.PeerUser({ userId: bigInt(CHAT) });

function arrived(
  fields: Partial<ConstructorParameters<typeof Api.Message>[0]>,
  more: Partial<ArrivedMessage> = {},
): ArrivedMessage {
  const message = new Api.Message({ id: 7, peerId: PEER, date: 1_700_000_000, message: "", ...fields });
  return { channelAccountId: "0190a000-0000-7000-8000-000000000001", chatId: CHAT, message, peer: undefined, ...more };
}

function partsOf(media: Api.TypeMessageMedia, message = "") {
  const mapped = toMessage(arrived({ media, message }));
  inboundMessageSchema.parse(mapped);
  return mapped.parts;
}

test("an empty message is an empty text", () => {
  expect(toMessage(arrived({})).parts).toEqual([{ type: "text", text: "" }]);
});

test("somebody unknown is named by the id", () => {
  expect(toMessage(arrived({ message: "hi" })).sender).toEqual({
    name: `Telegram user ${CHAT}`,
    identities: [{ kind: "telegram", value: CHAT, verified: true }],
  });
});

test("places and contacts are what they are", () => {
  const geo = new Api.GeoPoint({ lat: 55.75, long: 37.61, accessHash: bigInt(1) });
  expect(partsOf(new Api.MessageMediaGeo({ geo }))).toEqual([{ type: "location", latitude: 55.75, longitude: 37.61 }]);
  const venue = new Api.MessageMediaVenue({
    geo,
    title: "Café",
    address: "",
    provider: "",
    venueId: "",
    venueType: "",
  });
  expect(partsOf(venue)).toMatchObject([{ type: "location", title: "Café" }]);
  const contact = { phoneNumber: "1 555 0003", firstName: "Bob", lastName: "", vcard: "", userId: bigInt(0) };
  expect(partsOf(new Api.MessageMediaContact(contact))).toEqual([
    { type: "contact", name: "Bob", phones: ["+15550003"] },
  ]);
});

test("a link is a text, whatever its preview", () => {
  const preview = new Api.MessageMediaWebPage({ webpage: new Api.WebPageEmpty({ id: bigInt(1) }) });
  expect(partsOf(preview, "https://example.org")).toEqual([{ type: "text", text: "https://example.org" }]);
});

test("what there is no word for is kept and described", () => {
  const [dice, caption] = partsOf(new Api.MessageMediaDice({ value: 6, emoticon: "🎲" }), "roll");
  expect(dice).toEqual({
    type: "unsupported",
    description: "Content of a kind that is not known here: MessageMediaDice.",
    raw: { className: "MessageMediaDice", value: 6, emoticon: "🎲" },
  });
  expect(caption).toEqual({ type: "text", text: "roll" });
  const poll = new Api.MessageMediaPoll({
    poll: new Api.Poll({
      id: bigInt("9007199254740993"),
      question: new Api.TextWithEntities({ text: "?\0", entities: [] }),
      answers: [
        new Api.PollAnswer({ text: new Api.TextWithEntities({ text: "a", entities: [] }), option: Buffer.from([1]) }),
      ],
    }),
    results: new Api.PollResults({}),
  });
  expect(partsOf(poll)).toMatchObject([{ raw: { poll: { id: "9007199254740993", question: { text: "?\uFFFD" } } } }]);
  expect(partsOf(new Api.MessageMediaPhoto({ ttlSeconds: 5 }))).toMatchObject([
    { description: "A file that the sender let disappear." },
  ]);
});

test("calls are mentioned", () => {
  const call = (duration?: number): string => {
    const action = new Api.MessageActionPhoneCall({
      callId: bigInt(1),
      ...(duration === undefined ? {} : { duration }),
    });
    const message = new Api.MessageService({ id: 8, peerId: PEER, date: 1_700_000_000, action });
    const [part] = toMessage({ ...arrived({}), message }).parts;
    return part?.type === "unsupported" ? part.description : "";
  };
  expect(call()).toBe("A call that was not answered.");
  expect(call(65)).toBe("A call of 65 seconds.");
});

test("a forwarded message says from whom", () => {
  const named = new Api.MessageFwdHeader({ date: 1, fromName: "Eve" });
  expect(toMessage(arrived({ message: "x", fwdFrom: named })).forwardedFrom).toBe("Eve");
  const known = new Api.MessageFwdHeader({ date: 1, fromId: new Api.PeerUser({ userId: bigInt(12) }) });
  expect(toMessage(arrived({ message: "x", fwdFrom: known })).forwardedFrom).toBe("Telegram user 12");
});

test("a file that was left out is mentioned before its caption", () => {
  const file = { outcome: "left-out", reason: "Too large." } as const;
  const document = new Api.MessageMediaDocument({ document: new Api.DocumentEmpty({ id: bigInt(1) }) });
  expect(toMessage(arrived({ message: "see", media: document }, { file })).parts).toMatchObject([
    { type: "unsupported", description: "Too large." },
    { type: "text", text: "see" },
  ]);
});

test("the kind of a file follows from its attributes", () => {
  const kindOf = (...attributes: Api.TypeDocumentAttribute[]): string | undefined => {
    const common = { id: bigInt(1), accessHash: bigInt(1), fileReference: Buffer.alloc(0), date: 1, dcId: 2 };
    const document = new Api.Document({ ...common, mimeType: "", size: bigInt(5), attributes });
    return messageFile(arrived({ media: new Api.MessageMediaDocument({ document }) }).message as Api.Message)?.kind;
  };
  expect(kindOf()).toBe("document");
  expect(kindOf(new Api.DocumentAttributeAudio({ voice: true, duration: 1 }))).toBe("voice");
  expect(kindOf(new Api.DocumentAttributeAudio({ duration: 1 }))).toBe("audio");
  expect(kindOf(new Api.DocumentAttributeVideo({ duration: 1, w: 1, h: 1 }))).toBe("video");
  expect(kindOf(new Api.DocumentAttributeAnimated())).toBe("video");
  expect(kindOf(new Api.DocumentAttributeSticker({ alt: "", stickerset: new Api.InputStickerSetEmpty() }))).toBe(
    "sticker",
  );
});

test("the largest size of a photo is taken", () => {
  const photo = new Api.Photo({
    id: bigInt(1),
    accessHash: bigInt(1),
    fileReference: Buffer.alloc(0),
    date: 1,
    dcId: 2,
    sizes: [
      new Api.PhotoStrippedSize({ type: "i", bytes: Buffer.alloc(3) }),
      new Api.PhotoSize({ type: "m", w: 320, h: 240, size: 1000 }),
      new Api.PhotoSizeProgressive({ type: "y", w: 1280, h: 960, sizes: [100, 90_000] }),
    ],
  });
  const file = messageFile(arrived({ media: new Api.MessageMediaPhoto({ photo }) }).message as Api.Message);
  expect(file).toMatchObject({ kind: "image", size: 90_000, location: { thumbSize: "y" } });
});

test("even a message that makes no sense can be mentioned", () => {
  const broken = arrived({ date: Number.NaN });
  expect(() => toMessage(broken)).toThrow(RangeError);
  const mention = unreadableMessage(broken, "It makes no sense.");
  expect(inboundMessageSchema.parse(mention)).toMatchObject({ externalId: "7", parts: [{ type: "unsupported" }] });
});
