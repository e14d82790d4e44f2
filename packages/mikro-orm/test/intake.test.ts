import { type Kernel, createKernel } from "@crmessenger/kernel";
import {
  ChannelAccountRepository,
  type Conversation,
  ConversationRepository,
  type InboundMessage,
  Intake,
  type Message,
  MessageRepository,
} from "@crmessenger/kernel/communication";
import { Ids, Secrets, UnitOfWork, everything, silentLogger, where } from "@crmessenger/kernel/infrastructure";
import { type Lead, LeadRepository } from "@crmessenger/kernel/sales";
import { describe, expect, onTestFinished, test } from "vitest";
import { mikroOrm } from "../src/plugin.ts";
import { places, postgresPlace } from "./places.ts";
import type { Place } from "./services.ts";

const environment = { CRMESSENGER_SECRET_KEY: Buffer.alloc(32, 1).toString("base64") };

async function start(place: Place): Promise<Kernel> {
  const storage = "url" in place ? { databaseUrl: place.url } : { dataDirectory: place.directory };
  const kernel = await createKernel({ plugins: [mikroOrm(storage)], environment, logger: silentLogger });
  onTestFinished(() => kernel.stop());
  return kernel;
}

/** A kernel with an account, and messages to it. */
async function shop(place: Place) {
  const kernel = await start(place);
  const account = kernel.get(Ids).next();
  await kernel.get(ChannelAccountRepository).insert({
    id: account,
    type: "telegram",
    name: "Shop",
    enabled: true,
    settings: {},
    externalId: null,
    state: { status: "connected", reason: "" },
  });
  const message = (changes: Partial<InboundMessage> = {}): InboundMessage => ({
    channelAccountId: account,
    channelType: "telegram",
    externalId: kernel.get(Ids).next(),
    conversationExternalId: "chat",
    sender: { name: "Anna", identities: [{ kind: "telegram", value: "anna", verified: true }] },
    parts: [{ type: "text", text: "Hello" }],
    sentAt: "2026-01-02T03:04:05.678Z",
    ...changes,
  });
  return {
    kernel,
    message,
    accept: (changes?: Partial<InboundMessage>) => kernel.get(Intake).accept(message(changes)),
  };
}

async function ordinals(kernel: Kernel, conversationId: string): Promise<readonly number[]> {
  const page = { limit: 500, sort: [{ field: "ordinal", direction: "asc" } as const] };
  return (
    await kernel.get(MessageRepository).find(where<Message>("conversationId").eq(conversationId), page)
  ).items.map(({ ordinal }) => ordinal);
}

for (const [engine, create] of Object.entries(places)) {
  describe(`Intake on ${engine}`, () => {
    test("joins a unit of work, and what else is stored in it comes about or not with the message", async () => {
      const { kernel, message } = await shop(await create());
      const session = kernel.get(Secrets).namespace("whatsapp/1");
      const arrival = message();
      const both = async (ratchet: number) => {
        await session.set("ratchet", new Uint8Array([ratchet]));
        const receipt = await kernel.get(Intake).accept(arrival);
        expect(await kernel.get(MessageRepository).get(receipt.messageId)).toBeDefined();
        return receipt;
      };
      const undone = kernel.get(UnitOfWork).run(() => both(1).then(() => Promise.reject(new Error("no"))));
      await expect(undone).rejects.toThrow("no");
      expect(await kernel.get(MessageRepository).count(everything)).toBe(0);
      expect(await kernel.get(UnitOfWork).run(() => both(2))).toMatchObject({ duplicate: false });
      expect([...((await session.get("ratchet"))?.value ?? [])]).toEqual([2]);
      expect(await kernel.get(UnitOfWork).run(() => both(3))).toMatchObject({ duplicate: true });
    });

    test("numbers on after what others wrote into a conversation that it remembers", async () => {
      const { kernel, accept } = await shop(await create());
      const { conversationId } = await accept();
      const conversations = kernel.get(ConversationRepository);
      const conversation = (await conversations.get(conversationId)) as Conversation;
      const answered = await conversations.update({ ...conversation, messageCount: 2, ownerId: "manager" });
      const answer = (await firstMessage(kernel, conversationId)) as Message;
      await kernel.get(MessageRepository).insert({
        ...answer,
        id: kernel.get(Ids).next(),
        direction: "outbound",
        ordinal: 2,
        externalId: null,
        status: "queued",
      });
      await accept();
      expect(await ordinals(kernel, conversationId)).toEqual([1, 2, 3]);
      expect(await conversations.get(conversationId)).toMatchObject({
        messageCount: 3,
        ownerId: "manager",
        version: answered.version + 1,
      });
    });

    test("opens a new conversation when the one it remembers was deleted", async () => {
      const { kernel, accept } = await shop(await create());
      const first = await accept();
      const conversations = kernel.get(ConversationRepository);
      await conversations.remove((await conversations.get(first.conversationId)) as Conversation);
      const second = await accept();
      expect(second).toMatchObject({ contactId: first.contactId, leadId: first.leadId, duplicate: false });
      expect(second.conversationId).not.toBe(first.conversationId);
    });

    test("refuses data that can't be stored without harming those that came with it", async () => {
      const { kernel, accept } = await shop(await create());
      const chat = (name: string) => ({
        conversationExternalId: name,
        sender: { name, identities: [{ kind: "telegram", value: name, verified: true }] },
      });
      const results = await Promise.allSettled([
        accept(chat("one")),
        accept({ ...chat("two"), parts: [{ type: "text", text: "NUL \0 here" }] }),
        accept({ ...chat("three"), externalId: "NUL \0 here" }),
        accept({ ...chat("four"), channelAccountId: kernel.get(Ids).next() }),
        accept({ ...chat("five"), channelAccountId: "no id" }),
        accept(chat("six")),
      ]);
      const codes = results.map((result) =>
        result.status === "fulfilled" ? "stored" : (result.reason as { code: string }).code,
      );
      expect(codes).toEqual([
        "stored",
        "CRM_STORAGE_INVALID",
        "CRM_STORAGE_INVALID",
        "CRM_STORAGE_REFERENCE",
        "CRM_STORAGE_INVALID",
        "stored",
      ]);
      expect(await kernel.get(MessageRepository).count(everything)).toBe(2);
    });
  });
}

async function firstMessage(kernel: Kernel, conversationId: string): Promise<Message | undefined> {
  return (await kernel.get(MessageRepository).find(where<Message>("conversationId").eq(conversationId))).items[0];
}

test("two processes that both open a lead for one contact open one", async () => {
  const place = await postgresPlace();
  const { kernel: one, message } = await shop(place);
  const other = await start(place);
  const leads = one.get(LeadRepository);
  const chats = Array.from({ length: 6 }, (_, index) => message({ conversationExternalId: `chat ${index}` }));
  for (const chat of chats) await one.get(Intake).accept(chat);
  const [lead] = (await leads.find(everything)).items;
  await leads.update({ ...(lead as Lead), status: "disqualified" });
  const receipts = await Promise.all(
    chats.map((chat, index) =>
      (index % 2 === 0 ? one : other).get(Intake).accept({ ...chat, externalId: `again ${index}` }),
    ),
  );
  expect(new Set(receipts.map(({ leadId }) => leadId)).size).toBe(1);
  expect(await leads.count(everything)).toBe(2);
});
