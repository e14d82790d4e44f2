import "@crmessenger/testing/matchers";
import { defineEvent, definePlugin, runInContext } from "@crmessenger/kernel";
import { EventDispatcher, Ids } from "@crmessenger/kernel/infrastructure";
import { Auditor, UnitOfWork } from "@crmessenger/kernel/infrastructure";
import {
  ChannelAccountRepository,
  ConversationRepository,
  MessageRepository,
  type DeliveryStatus,
} from "@crmessenger/kernel/communication";
import { ContactRepository } from "@crmessenger/kernel/sales";
import { type TestKernel, createRecordingHost, createTestKernel } from "@crmessenger/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { memory } from "../src/plugin.ts";

const Rang = defineEvent("bell.rang", { 1: z.object({ times: z.number(), by: z.string() }) });

async function start(ring?: (times: number) => Promise<void>): Promise<TestKernel> {
  const listener = definePlugin({
    id: "listener",
    version: "1.0.0",
    events: [Rang],
    subscribe: (events) => void (ring && events.on(Rang, ({ payload }) => ring(payload.times))),
  });
  const kernel = await createTestKernel({ plugins: [memory(), listener()] });
  onTestFinished(() => kernel.stop());
  return kernel;
}

const ring = (kernel: TestKernel, times: number) =>
  kernel.run(() =>
    kernel
      .get(UnitOfWork)
      .run(() => kernel.get(EventDispatcher).dispatch(Rang, { type: "bell", id: "b" }, { times, by: "Anna" })),
  );

/** What the assertion says when it fails. */
const complaint = (assertion: Promise<void>): Promise<string> =>
  assertion.then(
    () => "nothing",
    (error: unknown) => (error as Error).message,
  );

describe("toHaveEmitted", () => {
  test("finds an event by its definition or topic and a part of its payload", async () => {
    const kernel = await start();
    await ring(kernel, 2);
    await expect(kernel).toHaveEmitted(Rang);
    await expect(kernel).toHaveEmitted("bell.rang", { times: 2 });
    await expect(kernel).not.toHaveEmitted(Rang, { times: 3 });
    await runInContext({ tenantId: "other" }, () => expect(kernel).not.toHaveEmitted(Rang));
  });

  test("waits for what is under way", async () => {
    const kernel = await start();
    const assertion = expect(kernel).toHaveEmitted(Rang, { times: 1 });
    await ring(kernel, 1);
    await assertion;
  });

  test("says what there is instead, or what there should not be", async () => {
    const kernel = await start();
    const nothing = await complaint(expect(kernel).toHaveEmitted("bell.broke"));
    expect(nothing).toBe("There should be bell.broke, but there is nothing of the kind.");
    await ring(kernel, 2);
    expect(await complaint(expect(kernel).toHaveEmitted(Rang, { times: 3 }))).toMatch(
      /^There should be bell\.rang with .*"times": 3.*but there is only:\n.*"times": 2/s,
    );
    expect(await complaint(expect(kernel).not.toHaveEmitted(Rang))).toBe("There should be no bell.rang, but there is.");
  });
});

describe("toHaveAudited", () => {
  test("finds an entry by its action, its target and a part of the rest", async () => {
    const kernel = await start();
    const target = { type: "bell", id: "b" };
    const changes = { rope: { from: "old", to: "new" } };
    await kernel.run(() =>
      kernel.get(UnitOfWork).run(() => kernel.get(Auditor).track([{ action: "bell.mend", target, changes }])),
    );
    await expect(kernel).toHaveAudited("bell.mend", target);
    await expect(kernel).toHaveAudited("bell.mend", target, { changes });
    await expect(kernel).not.toHaveAudited("bell.mend", { ...target, id: "c" });
    expect(await complaint(expect(kernel).toHaveAudited("bell.sell", target))).toMatch(
      /^There should be bell\.sell in the audit of bell b, but there is only:\n.*"bell\.mend"/s,
    );
  });
});

describe("toHaveSent", () => {
  async function storeMessage(kernel: TestKernel, status: DeliveryStatus): Promise<void> {
    const id = () => kernel.get(Ids).next();
    const at = "2026-01-02T03:04:05.006Z";
    const contact = await kernel
      .get(ContactRepository)
      .insert({ id: id(), name: "Anna", ownerId: null, attributes: {} });
    const account = await kernel.get(ChannelAccountRepository).insert({
      id: id(),
      type: "loopback",
      name: "Shop",
      enabled: true,
      settings: {},
      externalId: null,
      state: { status: "stopped", reason: "" },
    });
    const conversation = await kernel.get(ConversationRepository).insert({
      id: id(),
      channelAccountId: account.id,
      contactId: contact.id,
      channelType: "loopback",
      externalId: "chat",
      leadId: null,
      ownerId: null,
      teamId: null,
      messageCount: 1,
      lastMessageAt: at,
      lastInboundAt: null,
    });
    await kernel.get(MessageRepository).insert({
      id: id(),
      conversationId: conversation.id,
      channelAccountId: account.id,
      direction: "outbound",
      ordinal: 1,
      author: { kind: "system", id: "system", name: "System" },
      parts: [{ type: "text", text: "Your order is ready." }],
      replyToId: null,
      forwardedFrom: null,
      externalId: null,
      origin: null,
      status,
      statusAt: at,
      failure: null,
      sanitised: false,
      sentAt: at,
    });
  }

  test("finds an outbound message that a provider has accepted", async () => {
    const kernel = await start();
    await kernel.run(() => storeMessage(kernel, "sent"));
    await expect(kernel).toHaveSent("Your order is ready.");
    await expect(kernel).toHaveSent({ status: "sent", ordinal: 1 });
    await expect(kernel).not.toHaveSent("Your order is late.");
  });

  test("takes a message that waits for one that was not sent, and shows it", async () => {
    const kernel = await start();
    await kernel.run(() => storeMessage(kernel, "queued"));
    expect(await complaint(expect(kernel).toHaveSent("Your order is ready."))).toMatch(
      /^There should be a sent message "Your order is ready\.", but there is only:\n.*"status": "queued"/s,
    );
  });

  test("finds what a channel has reported to its host", async () => {
    const at = "2026-01-02T03:04:05.006Z";
    const host = createRecordingHost({
      id: "account",
      tenantId: "default",
      version: 1,
      createdAt: at,
      updatedAt: at,
      deletedAt: null,
      type: "loopback",
      name: "Shop",
      enabled: true,
      settings: {},
      externalId: null,
      state: { status: "stopped", reason: "" },
    });
    await host.report([
      { externalId: "m-1", status: "delivered", at },
      { externalId: "m-2", status: "failed", at },
    ]);
    await expect(host).toHaveSent("m-1");
    await expect(host).toHaveSent({ externalId: "m-1", status: "delivered" });
    await expect(host).not.toHaveSent("m-2");
  });
});

describe("delivered", () => {
  test("waits until a subscription has handled the newest event", async () => {
    const heard: number[] = [];
    const kernel = await start(async (times) => void heard.push(times));
    await ring(kernel, 1);
    await ring(kernel, 2);
    expect(await kernel.delivered(Rang, "listener.main")).toMatchObject({ topic: "bell.rang", payload: { times: 2 } });
    expect(heard).toEqual([1, 2]);
  });
});
