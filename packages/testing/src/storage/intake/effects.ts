import { type Actor, runInContext } from "@crmessenger/kernel";
import type { InboundMessage } from "@crmessenger/kernel/communication";
import { where } from "@crmessenger/kernel/infrastructure";
import type { ChannelIdentity } from "@crmessenger/kernel/sales";
import { expect } from "vitest";
import { inboundMessage } from "../sample-records.ts";
import type { StorageSuite } from "../storage-world.ts";
import { CHANGED } from "./intake-probe.ts";
import { account, counts, eventsUpTo, followUp } from "./intake-records.ts";

export function effects({ test }: StorageSuite): void {
  test("makes contact, identities, lead, conversation, message, activity, audit row and events of a first message", async (world) => {
    const channelAccountId = await account(world);
    const message = inboundMessage(world, channelAccountId, {
      sender: {
        name: "Анна Петрова",
        identities: [
          { kind: "telegram", value: world.unique("user"), verified: true },
          { kind: "phone", value: "+37120000001", verified: false },
        ],
      },
      source: { utm: { source: "ads", campaign: "весна" }, referrer: "https://example.com/" },
    });
    const actor: Actor = { kind: "plugin", id: "telegram" };
    const correlationId = world.ids.next();
    const receipt = await runInContext({ actor, correlationId }, () => world.intake.accept(message));
    expect(receipt).toEqual({
      messageId: expect.any(String),
      conversationId: expect.any(String),
      contactId: expect.any(String),
      leadId: expect.any(String),
      duplicate: false,
    });
    const { tenantId } = world;
    expect(await world.contacts.get(receipt.contactId)).toMatchObject({
      tenantId,
      version: 1,
      name: "Анна Петрова",
      ownerId: null,
      attributes: {},
    });
    const identities = (await world.identities.find(where<ChannelIdentity>("contactId").eq(receipt.contactId))).items;
    expect(
      identities
        .map(({ kind, value, verified, aliases }) => ({ kind, value, verified, aliases }))
        .toSorted((a, b) => (a.kind < b.kind ? -1 : 1)),
    ).toEqual(
      message.sender.identities
        .map((claim) => ({ ...claim, aliases: [] }))
        .toSorted((a, b) => (a.kind < b.kind ? -1 : 1)),
    );
    expect(await world.leads.get(receipt.leadId)).toMatchObject({
      contactId: receipt.contactId,
      title: "Анна Петрова",
      status: "new",
      source: {
        channel: "telegram",
        channelAccountId,
        utm: { source: "ads", campaign: "весна" },
        referrer: "https://example.com/",
      },
      ownerId: null,
      teamId: null,
    });
    expect(await world.conversations.get(receipt.conversationId)).toMatchObject({
      channelAccountId,
      channelType: "telegram",
      externalId: message.conversationExternalId,
      contactId: receipt.contactId,
      leadId: receipt.leadId,
      messageCount: 1,
      lastMessageAt: message.sentAt,
      lastInboundAt: message.sentAt,
    });
    expect(await world.messages.get(receipt.messageId)).toMatchObject({
      tenantId,
      conversationId: receipt.conversationId,
      channelAccountId,
      direction: "inbound",
      ordinal: 1,
      author: { kind: "contact", id: receipt.contactId, name: "Анна Петрова" },
      parts: message.parts,
      replyToId: null,
      forwardedFrom: null,
      externalId: message.externalId,
      origin: null,
      status: "delivered",
      failure: null,
      sanitised: false,
      sentAt: message.sentAt,
    });
    const activities = (await world.timeline.of({ contactId: receipt.contactId })).items;
    expect(activities).toEqual([
      expect.objectContaining({
        kind: "message",
        leadId: receipt.leadId,
        actor,
        data: expect.objectContaining({ messageId: receipt.messageId, direction: "inbound" }),
      }),
    ]);
    expect(await world.audit.history({ type: "message", id: receipt.messageId })).toEqual([
      expect.objectContaining({ action: "communication.message.receive", actor, correlationId }),
    ]);
  });

  test("records each new thing as an event, in order, with the versions of the aggregates", async (world) => {
    const correlationId = world.ids.next();
    const receipt = await runInContext({ correlationId }, async () =>
      world.intake.accept(inboundMessage(world, await account(world))),
    );
    const events = await eventsUpTo(world, receipt);
    expect(events.map(({ topic, aggregate, correlationId }) => ({ topic, aggregate, correlationId }))).toEqual([
      { topic: "contact.created", aggregate: { type: "contact", id: receipt.contactId, version: 1 }, correlationId },
      { topic: "lead.created", aggregate: { type: "lead", id: receipt.leadId, version: 1 }, correlationId },
      {
        topic: "conversation.opened",
        aggregate: { type: "conversation", id: receipt.conversationId, version: 1 },
        correlationId,
      },
      {
        topic: "message.received",
        aggregate: { type: "conversation", id: receipt.conversationId, version: 1 },
        correlationId,
      },
    ]);
    const [contact, lead, conversation, received] = events.map(({ payload }) => payload);
    expect(contact).toEqual({ contact: await world.contacts.get(receipt.contactId) });
    expect(lead).toEqual({ lead: await world.leads.get(receipt.leadId) });
    expect(conversation).toEqual({ conversation: await world.conversations.get(receipt.conversationId) });
    expect(received).toEqual({
      message: await world.messages.get(receipt.messageId),
      contactId: receipt.contactId,
      leadId: receipt.leadId,
      channelType: "telegram",
    });
  });

  test("adds a further message to what is there", async (world) => {
    const first = inboundMessage(world, await account(world));
    const one = await world.intake.accept(first);
    const two = await world.intake.accept(
      followUp(world, first, {
        replyToExternalId: first.externalId,
        forwardedFrom: "News",
        sanitised: true,
        parts: [{ type: "text", text: "" }],
      }),
    );
    expect(two).toEqual({ ...one, messageId: expect.any(String) });
    expect(two.messageId).not.toBe(one.messageId);
    expect(await world.messages.get(two.messageId)).toMatchObject({
      ordinal: 2,
      replyToId: one.messageId,
      forwardedFrom: "News",
      sanitised: true,
    });
    expect(await world.conversations.get(one.conversationId)).toMatchObject({ messageCount: 2, version: 2 });
    expect(await counts(world)).toEqual({ contacts: 1, identities: 1, leads: 1, conversations: 1, messages: 2 });
    const events = await eventsUpTo(world, two);
    expect(events.slice(4).map(({ topic, aggregate }) => ({ topic, aggregate }))).toEqual([
      { topic: "message.received", aggregate: { type: "conversation", id: one.conversationId, version: 2 } },
    ]);
  });

  test("keeps any text and every kind of part as it is", async (world) => {
    const file = { path: "in/a.jpg", size: 3, sha256: "ab".repeat(32), mimeType: "image/jpeg" };
    const parts: InboundMessage["parts"] = [
      { type: "text", text: `${"ы".repeat(4094)}😀` },
      { type: "text", text: "\u202Eمرحبا\r\n\t'\"\\`<script>alert(1)</script>\u2028\uFFFD %_" },
      { type: "text", text: "" },
      { type: "media", kind: "voice", file, durationSeconds: 1.5 },
      { type: "location", latitude: 56.95, longitude: 24.1, title: "Рига" },
      { type: "unsupported", description: "A poll", raw: { options: [1, null, { a: "b" }] } },
    ];
    const receipt = await world.intake.accept(inboundMessage(world, await account(world), { parts }));
    expect((await world.messages.get(receipt.messageId))?.parts).toEqual(parts);
  });

  test("does not move the conversation's times back for a message that comes late", async (world) => {
    const first = inboundMessage(world, await account(world), { sentAt: "2026-03-02T10:00:00.000Z" });
    const { conversationId } = await world.intake.accept(first);
    await world.intake.accept(followUp(world, first, { sentAt: "2026-03-01T10:00:00.000Z" }));
    expect(await world.conversations.get(conversationId)).toMatchObject({
      lastMessageAt: "2026-03-02T10:00:00.000Z",
      lastInboundAt: "2026-03-02T10:00:00.000Z",
    });
    await world.intake.accept(followUp(world, first, { sentAt: "2026-03-03T10:00:00.000Z" }));
    expect(await world.conversations.get(conversationId)).toMatchObject({
      lastMessageAt: "2026-03-03T10:00:00.000Z",
      lastInboundAt: "2026-03-03T10:00:00.000Z",
    });
  });

  test("lets the drafts of contacts and leads be changed", async (world) => {
    const message = inboundMessage(world, await account(world));
    const receipt = await world.intake.accept({ ...message, sender: { ...message.sender, name: CHANGED } });
    expect(await world.contacts.get(receipt.contactId)).toMatchObject({ attributes: { seen: true } });
    expect(await world.leads.get(receipt.leadId)).toMatchObject({ title: "Changed", attributes: { score: 7 } });
    const [, lead] = await eventsUpTo(world, receipt);
    expect(lead?.payload).toMatchObject({ lead: { title: "Changed" } });
  });
}
