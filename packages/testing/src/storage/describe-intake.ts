import { type Actor, CrmError, type Plugin, definePlugin, runInContext } from "@crmessenger/kernel";
import type { InboundMessage, InboundReceipt } from "@crmessenger/kernel/communication";
import { type StoredEvent, everything, where } from "@crmessenger/kernel/infrastructure";
import { type ChannelIdentity, type Lead, SalesHooks } from "@crmessenger/kernel/sales";
import { expect } from "vitest";
import { disturbed } from "../faults/disturbed.ts";
import { createFaultPlan } from "../faults/fault-plan.ts";
import { eventually } from "../time/eventually.ts";
import { inboundMessage, newAccount, newContact, newConversation, newLead, now } from "./sample-records.ts";
import type { StorageHarness } from "./storage-harness.ts";
import { type StorageSuite, type StorageWorld, describeOn } from "./storage-world.ts";

/** What every Intake promises. */
export function describeIntake(harness: StorageHarness): void {
  describeOn(
    harness,
    "Intake",
    (suite) => {
      effects(suite);
      duplicates(suite);
      people(suite);
      leads(suite);
      order(suite);
      groups(suite);
      dying(suite);
    },
    [intakeProbe()],
  );
}

const REFUSED_CONTACT = "Refuse this contact";
const REFUSED_LEAD = "Refuse this lead";
const CHANGED = "Change this lead";

/** Where a process can die that takes a message in; one plan for all, since one kernel serves all tests. */
const death = createFaultPlan();

/** Taps the drafts of contacts and leads; what it does depends on the sender's name, so that one kernel serves all tests. */
export function intakeProbe(): Plugin {
  const probe = definePlugin({
    id: "testing-intake-probe",
    version: "1.0.0",
    extend(taps) {
      taps.tap(SalesHooks.contactDraft, async (draft) => {
        await Promise.resolve();
        death.pass(`contact of ${draft.name}`);
        if (draft.name === REFUSED_CONTACT) throw new CrmError("CRM_TEST_REFUSED", "Not this one.", { status: 409 });
        return draft.name === CHANGED ? { ...draft, attributes: { seen: true } } : undefined;
      });
      taps.tap(SalesHooks.leadDraft, (draft) => {
        death.pass(`lead ${draft.title}`);
        if (draft.title === REFUSED_LEAD) throw new Error("not this one");
        return draft.title === CHANGED ? { ...draft, title: "Changed", attributes: { score: 7 } } : undefined;
      });
    },
  });
  return probe();
}

async function account(world: StorageWorld): Promise<string> {
  return (await world.accounts.insert(newAccount(world))).id;
}

/** Events of the tenant, once the one that says that this message was received can be seen. */
async function eventsUpTo(world: StorageWorld, receipt: InboundReceipt): Promise<readonly StoredEvent[]> {
  return eventually(async () => {
    const events = await world.log.read({ after: 0, limit: 1000 });
    const received = events.some(
      ({ topic, payload }) =>
        topic === "message.received" && (payload["message"] as { id?: string }).id === receipt.messageId,
    );
    expect(received).toBe(true);
    return events;
  });
}

async function counts(world: StorageWorld) {
  const [contacts, identities, leads, conversations, messages] = await Promise.all(
    [world.contacts, world.identities, world.leads, world.conversations, world.messages].map((repository) =>
      repository.count(everything),
    ),
  );
  return { contacts, identities, leads, conversations, messages };
}

/** The next message in the chat and from the person of this one. */
function followUp(world: StorageWorld, message: InboundMessage, changes: Partial<InboundMessage> = {}): InboundMessage {
  return { ...message, externalId: `in-${world.ids.next()}`, sentAt: now(world), ...changes };
}

function effects({ test }: StorageSuite): void {
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

function duplicates({ test }: StorageSuite): void {
  test("answers a repeated external id with the first receipt, as a duplicate, without any effect", async (world) => {
    const message = inboundMessage(world, await account(world));
    const first = await world.intake.accept(message);
    const before = await eventsUpTo(world, first);
    const again = await world.intake.accept({ ...message, parts: [{ type: "text", text: "edited" }] });
    expect(again).toEqual({ ...first, duplicate: true });
    expect(await counts(world)).toEqual({ contacts: 1, identities: 1, leads: 1, conversations: 1, messages: 1 });
    expect(await world.conversations.get(first.conversationId)).toMatchObject({ messageCount: 1, version: 1 });
    expect((await world.audit.history({ type: "message", id: first.messageId })).length).toBe(1);
    const next = await world.intake.accept(followUp(world, message));
    expect((await eventsUpTo(world, next)).length).toBe(before.length + 1);
  });

  test("takes effect once however many come at the same time", async (world) => {
    const message = inboundMessage(world, await account(world));
    const receipts = await Promise.all(Array.from({ length: 10 }, () => world.intake.accept(message)));
    expect(receipts.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    expect(new Set(receipts.map(({ messageId }) => messageId)).size).toBe(1);
    expect(await counts(world)).toEqual({ contacts: 1, identities: 1, leads: 1, conversations: 1, messages: 1 });
  });

  test("takes the same external id on another account for another message", async (world) => {
    const message = inboundMessage(world, await account(world));
    const other = { ...message, channelAccountId: await account(world) };
    const receipts = [await world.intake.accept(message), await world.intake.accept(other)];
    expect(receipts.map(({ duplicate }) => duplicate)).toEqual([false, false]);
    expect(await counts(world)).toMatchObject({ contacts: 1, conversations: 2, messages: 2 });
  });
}

function people({ test }: StorageSuite): void {
  const from = (world: StorageWorld, channelAccountId: string, identities: InboundMessage["sender"]["identities"]) =>
    inboundMessage(world, channelAccountId, { sender: { name: "Anna", identities } });
  const claim = (kind: string, value: string) => ({ kind, value, verified: true });

  test("knows a person by any identity and attaches the ones it did not know", async (world) => {
    const channelAccountId = await account(world);
    const phone = claim("phone", "+37120000002");
    const [telegram, whatsapp] = [claim("telegram", world.unique("user")), claim("whatsapp", world.unique("user"))];
    const first = await world.intake.accept(from(world, channelAccountId, [telegram, phone]));
    const second = await world.intake.accept(from(world, channelAccountId, [whatsapp, phone]));
    const third = await world.intake.accept(from(world, channelAccountId, [whatsapp]));
    expect(new Set([first.contactId, second.contactId, third.contactId]).size).toBe(1);
    const identities = (await world.identities.find(where<ChannelIdentity>("contactId").eq(first.contactId))).items;
    expect(identities.map(({ kind }) => kind).toSorted()).toEqual(["phone", "telegram", "whatsapp"]);
    expect(await counts(world)).toMatchObject({ contacts: 1, leads: 1, conversations: 3 });
  });

  test("knows a person by an alias", async (world) => {
    const contact = await world.contacts.insert(newContact(world));
    await world.identities.insert({
      id: world.ids.next(),
      contactId: contact.id,
      kind: "phone",
      value: "+5511987654321",
      aliases: ["+551187654321"],
      verified: true,
    });
    const receipt = await world.intake.accept(from(world, await account(world), [claim("phone", "+551187654321")]));
    expect(receipt.contactId).toBe(contact.id);
    expect(await counts(world)).toMatchObject({ contacts: 1, identities: 1 });
  });

  test("takes the same value of another kind, and of another tenant, for another person", async (world) => {
    const value = world.unique("user");
    const first = await world.intake.accept(from(world, await account(world), [claim("telegram", value)]));
    const second = await world.intake.accept(from(world, await account(world), [claim("whatsapp", value)]));
    const third = await world.inTenant(world.unique("tenant"), async () =>
      world.intake.accept(from(world, await account(world), [claim("telegram", value)])),
    );
    expect(new Set([first, second, third].map(({ contactId }) => contactId)).size).toBe(3);
  });

  test("names a person without a name by the first identity", async (world) => {
    const identity = claim("telegram", world.unique("user"));
    const receipt = await world.intake.accept(
      inboundMessage(world, await account(world), { sender: { name: "", identities: [identity] } }),
    );
    expect(await world.contacts.get(receipt.contactId)).toMatchObject({ name: identity.value });
    expect(await world.leads.get(receipt.leadId)).toMatchObject({ title: identity.value });
  });

  test("makes one contact of a new person who writes in many chats at once", async (world) => {
    const identities = [claim("telegram", world.unique("user")), claim("phone", "+37120000003")];
    const accounts = await Promise.all(Array.from({ length: 3 }, () => account(world)));
    const messages = Array.from({ length: 9 }, (_, index) =>
      from(world, accounts[index % 3] as string, index % 2 === 0 ? identities : identities.toReversed()),
    );
    const receipts = await Promise.all(messages.map((message) => world.intake.accept(message)));
    expect(new Set(receipts.map(({ contactId }) => contactId)).size).toBe(1);
    expect(new Set(receipts.map(({ leadId }) => leadId)).size).toBe(1);
    expect(await counts(world)).toEqual({ contacts: 1, identities: 2, leads: 1, conversations: 9, messages: 9 });
  });
}

function leads({ test }: StorageSuite): void {
  test("opens a new lead when the conversation's is closed", async (world) => {
    const first = inboundMessage(world, await account(world));
    const one = await world.intake.accept(first);
    await world.leads.update({ ...((await world.leads.get(one.leadId)) as Lead), status: "disqualified" });
    const two = await world.intake.accept(followUp(world, first));
    expect(two.leadId).not.toBe(one.leadId);
    expect(await world.conversations.get(one.conversationId)).toMatchObject({ leadId: two.leadId });
    expect(await counts(world)).toMatchObject({ contacts: 1, leads: 2, conversations: 1 });
  });

  test("goes on with the contact's newest open lead in a new conversation", async (world) => {
    const channelAccountId = await account(world);
    const message = inboundMessage(world, channelAccountId);
    const { contactId } = await world.intake.accept(message);
    await world.leads.insert(newLead(world, contactId, { status: "in-progress" }));
    const newest = await world.leads.insert(newLead(world, contactId, { status: "qualified" }));
    await world.leads.insert(newLead(world, contactId, { status: "converted" }));
    const other = await world.intake.accept(followUp(world, message, { conversationExternalId: world.unique("chat") }));
    expect(other.leadId).toBe(newest.id);
  });

  test("stays with the conversation's open lead though the contact has a newer one", async (world) => {
    const message = inboundMessage(world, await account(world));
    const { contactId, leadId } = await world.intake.accept(message);
    await world.leads.insert(newLead(world, contactId));
    expect((await world.intake.accept(followUp(world, message))).leadId).toBe(leadId);
  });

  test("gives a lead to a conversation that was begun without one", async (world) => {
    const channelAccountId = await account(world);
    const contact = await world.contacts.insert(newContact(world));
    const message = inboundMessage(world, channelAccountId);
    const [identity] = message.sender.identities;
    await world.identities.insert({
      id: world.ids.next(),
      contactId: contact.id,
      aliases: [],
      ...(identity as { kind: string; value: string; verified: boolean }),
    });
    const conversation = await world.conversations.insert(
      newConversation(
        world,
        { channelAccountId, contactId: contact.id },
        { externalId: message.conversationExternalId, messageCount: 4 },
      ),
    );
    const receipt = await world.intake.accept(message);
    expect(receipt).toMatchObject({ conversationId: conversation.id, contactId: contact.id });
    expect(await world.messages.get(receipt.messageId)).toMatchObject({ ordinal: 5 });
    expect(await world.conversations.get(conversation.id)).toMatchObject({ leadId: receipt.leadId, messageCount: 5 });
  });
}

function order({ test }: StorageSuite): void {
  test("numbers the messages of a conversation densely in the order of the calls", async (world) => {
    const channelAccountId = await account(world);
    const chats = Array.from({ length: 3 }, () => inboundMessage(world, channelAccountId));
    const messages = Array.from({ length: 30 }, (_, index) => followUp(world, chats[index % 3] as InboundMessage));
    const receipts = await Promise.all(messages.map((message) => world.intake.accept(message)));
    for (const chat of [0, 1, 2]) {
      const stored = await world.messages.getMany(
        receipts.filter((_, index) => index % 3 === chat).map(({ messageId }) => messageId),
      );
      const ordinals = new Map(stored.map(({ id, ordinal }) => [id, ordinal]));
      const inCallOrder = receipts
        .filter((_, index) => index % 3 === chat)
        .map(({ messageId }) => ordinals.get(messageId));
      expect(inCallOrder).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    }
  });

  test("records the events of a conversation in the order of its messages", async (world) => {
    const first = inboundMessage(world, await account(world));
    const receipts = await Promise.all(Array.from({ length: 12 }, () => world.intake.accept(followUp(world, first))));
    const events = await eventually(async () => {
      const received = await world.log.read({ after: 0, topics: ["message.received"], limit: 100 });
      expect(received).toHaveLength(receipts.length);
      return received;
    });
    expect(events.map(({ payload }) => (payload["message"] as { ordinal: number }).ordinal)).toEqual(
      receipts.map((_, index) => index + 1),
    );
    const versions = events.map(({ aggregate }) => aggregate.version ?? 0);
    expect(versions).toEqual(versions.toSorted((a, b) => a - b));
  });
}

function groups({ test }: StorageSuite): void {
  test("refuses one of many without harming the rest, and stores nothing of it", async (world) => {
    const channelAccountId = await account(world);
    const named = (name: string) => {
      const message = inboundMessage(world, channelAccountId);
      return { ...message, sender: { ...message.sender, name } };
    };
    const names = ["One", REFUSED_CONTACT, "Two", REFUSED_LEAD, "Three"];
    const results = await Promise.allSettled(names.map((name) => world.intake.accept(named(name))));
    expect(results.map(({ status }) => status)).toEqual([
      "fulfilled",
      "rejected",
      "fulfilled",
      "rejected",
      "fulfilled",
    ]);
    const reasons = results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
    const details = expect.objectContaining({ plugin: "testing-intake-probe" }) as unknown;
    expect(reasons).toMatchObject([
      { code: "CRM_TEST_REFUSED", status: 409, details },
      { code: "CRM_HOOK_FAILED", status: 500, details },
    ]);
    expect(await counts(world)).toEqual({ contacts: 3, identities: 3, leads: 3, conversations: 3, messages: 3 });
    const last = results.findLast((result) => result.status === "fulfilled");
    const topics = (await eventsUpTo(world, (last as PromiseFulfilledResult<InboundReceipt>).value)).map(
      ({ topic }) => topic,
    );
    expect(topics.filter((topic) => topic === "contact.created")).toHaveLength(3);
  });

  test("takes a refused message when it comes again and nothing is against it any more", async (world) => {
    const message = inboundMessage(world, await account(world));
    const refused = { ...message, sender: { ...message.sender, name: REFUSED_LEAD } };
    await expect(world.intake.accept(refused)).rejects.toMatchObject({ code: "CRM_HOOK_FAILED" });
    expect(await world.intake.accept(message)).toMatchObject({ duplicate: false });
  });

  test("keeps each caller's actor, correlation and tenant, whoever it commits with", async (world) => {
    const callers = await Promise.all(
      Array.from({ length: 6 }, async (_, index) => {
        const tenantId = index % 2 === 0 ? world.tenantId : world.unique("tenant");
        const channelAccountId = await world.inTenant(tenantId, () => account(world));
        return {
          tenantId,
          actor: { kind: "plugin" as const, id: `channel-${index}` },
          correlationId: world.ids.next(),
          channelAccountId,
        };
      }),
    );
    await Promise.all(
      callers.map(async ({ channelAccountId, ...context }) => {
        const receipt = await runInContext(context, () => world.intake.accept(inboundMessage(world, channelAccountId)));
        await world.inTenant(context.tenantId, async () => {
          const [row] = await world.audit.history({ type: "message", id: receipt.messageId });
          expect(row).toMatchObject(context);
          const events = await eventsUpTo(world, receipt);
          expect(events.filter(({ correlationId }) => correlationId === context.correlationId)).toHaveLength(4);
        });
      }),
    );
  });
}

function dying({ test }: StorageSuite): void {
  test("leaves nothing of a message that a process died over, and takes it once when it comes again and again", async (world) => {
    const channelAccountId = await account(world);
    for (const step of ["contact of ", "lead "]) {
      const before = await counts(world);
      const messages = [1, 2, 3].map((n) =>
        inboundMessage(world, channelAccountId, {
          sender: {
            name: `Mortal ${step} ${n}`,
            identities: [{ kind: "telegram", value: world.unique("user"), verified: true }],
          },
        }),
      );
      const names = messages.map(({ sender }) => sender.name);
      death.crash(`${step}${names[1]}`);
      const outcomes = await Promise.allSettled(messages.map((message) => world.intake.accept(message)));
      death.restart();
      expect(outcomes[1]).toMatchObject({ status: "rejected" });
      const taken = outcomes.filter(({ status }) => status === "fulfilled").length;
      expect(await counts(world)).toEqual(countedWith(before, taken));
      for (const message of disturbed(messages, { duplicates: 3 })) await world.intake.accept(message);
      expect(await counts(world)).toEqual(countedWith(before, messages.length));
    }
  });
}

function countedWith(before: Awaited<ReturnType<typeof counts>>, more: number) {
  return Object.fromEntries(Object.entries(before).map(([kind, count]) => [kind, (count ?? 0) + more]));
}
