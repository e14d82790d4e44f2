import { ListMessages, MessageStatusChanged } from "@crmessenger/kernel/communication";
import {
  type Clock,
  Collections,
  Jobs,
  defineCollection,
  defineJob,
  everything,
  systemClock,
} from "@crmessenger/kernel/infrastructure";
import { definePlugin } from "@crmessenger/kernel";
import { eventually } from "@crmessenger/testing";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { accepted, inbound } from "./scripted-channel.ts";
import { startConversation } from "./start-world.ts";

const at = "2026-01-02T03:05:00.000Z";
const DAY_MS = 86_400_000;

describe("a delivery report", () => {
  it("moves a message forward only", async () => {
    const { world, host, conversationId } = await startConversation();
    const message = await world.send(conversationId, "hello");
    await world.reached(message.id, "sent");
    await host.report([{ status: "read", at, externalId: message.id }]);
    expect(await world.reached(message.id, "read")).toMatchObject({ statusAt: at });
    const late = "2026-01-02T03:06:00.000Z";
    await host.report([
      { status: "delivered", at: late, externalId: message.id },
      { status: "read", at: late, externalId: message.id },
      { status: "failed", at: late, externalId: message.id, failure: "late" },
    ]);
    expect(await world.message(message.id)).toMatchObject({ status: "read", statusAt: at, failure: null });
  });

  it("is an event once, with what it was before", async () => {
    const seen: string[] = [];
    const watcher = definePlugin({
      id: "watcher",
      version: "1.0.0",
      subscribe(events) {
        events.on(
          MessageStatusChanged,
          async ({ payload }) => void seen.push(`${payload.previousStatus} to ${payload.status}`),
        );
      },
    });
    const { world, host, conversationId } = await startConversation({ plugins: [watcher()] });
    const message = await world.send(conversationId, "hello");
    await world.reached(message.id, "sent");
    for (let times = 0; times < 2; times += 1) await host.report([{ status: "delivered", at, externalId: message.id }]);
    await host.report([{ status: "read", at, externalId: message.id }]);
    await eventually(() => expect(seen).toEqual(["queued to sent", "sent to delivered", "delivered to read"]));
  });

  it("of a failure fails a message that was not delivered, with its reason", async () => {
    const { world, host, conversationId } = await startConversation();
    const [first, second] = [await world.send(conversationId, "one"), await world.send(conversationId, "two")];
    await world.reached(second.id, "sent");
    await host.report([{ status: "failed", at, externalId: first.id, failure: "The number is not in use." }]);
    await host.report([{ status: "failed", at, externalId: second.id }]);
    expect(await world.message(first.id)).toMatchObject({ status: "failed", failure: "The number is not in use." });
    expect(await world.message(second.id)).toMatchObject({ status: "failed", failure: expect.stringMatching(/\w/) });
  });

  it("does not touch what is not an outbound message of the account", async () => {
    const { world, host, account, conversationId } = await startConversation();
    const other = await world.connectAccount();
    const theirs = await other.host.receive(inbound(other.account.id, "in-1", "Hi"));
    const foreign = await world.send(theirs.conversationId, "not yours");
    await world.reached(foreign.id, "sent");
    const { bus } = world.kernel;
    const [question] = (await world.kernel.run(() => bus.ask(ListMessages, { conversationId }))).items;
    await host.report([
      { status: "read", at, externalId: foreign.id },
      { status: "read", at, externalId: "in-1" },
    ]);
    expect((await world.message(foreign.id)).status).toBe("sent");
    expect((await world.message(question?.id ?? "")).status).toBe("delivered");
    expect(account.id).not.toBe(other.account.id);
  });

  it.each([
    [["delivered"], "delivered"],
    [["read", "delivered", "sent"], "read"],
    [["delivered", "read", "read"], "read"],
    [["read", "failed"], "read"],
    [["failed", "sent"], "failed"],
  ] as const)("that comes early is kept: of %j, %s counts", async (early, status) => {
    const { world, channel, host, conversationId } = await startConversation();
    channel.answer = async ({ idempotencyKey }) => {
      for (const reported of early) await host.report([{ status: reported, at, externalId: idempotencyKey }]);
      return accepted(idempotencyKey);
    };
    const message = await world.send(conversationId, "hello");
    await world.reached(message.id, status);
  });

  it("that nothing came for within a week is forgotten", async () => {
    let offset = 0;
    const clock: Clock = { ...systemClock, now: () => Date.now() + offset };
    const { world, channel, host, conversationId } = await startConversation({ clock });
    const { kernel } = world;
    const kept = kernel
      .get(Collections)
      .open(defineCollection("communication.early-reports", { schema: z.looseObject({}), indexes: ["keptAt"] }));
    const count = async () => (await kept.find(everything)).items.length;
    const forget = () =>
      kernel.get(Jobs).enqueue(defineJob("communication.forget-reports", { data: z.object({}) }), {}, { key: "all" });
    await host.report([{ status: "read", at, externalId: "old" }]);
    offset = 6 * DAY_MS;
    await host.report([{ status: "read", at, externalId: "new" }]);
    offset = 8 * DAY_MS;
    await forget();
    await eventually(async () => expect(await count()).toBe(1));
    channel.answer = () => accepted(channel.attempts.length === 1 ? "old" : "new");
    const [first, second] = [await world.send(conversationId, "one"), await world.send(conversationId, "two")];
    await world.reached(second.id, "read");
    expect((await world.message(first.id)).status).toBe("sent");
  });
});

describe("a report up to an id", () => {
  it("covers everything before it, also what is accepted later", async () => {
    const { world, channel, host, conversationId } = await startConversation();
    let next = 100;
    channel.answer = () => accepted(String((next += 1)));
    const first = await world.send(conversationId, "one");
    await world.reached(first.id, "sent");
    await host.report([{ status: "read", at, upToExternalId: "102", conversationExternalId: "chat-1" }]);
    await world.reached(first.id, "read");
    const second = await world.send(conversationId, "two");
    await world.reached(second.id, "read");
    const third = await world.send(conversationId, "three");
    await world.reached(third.id, "sent");
    await host.report([{ status: "delivered", at, upToExternalId: "103", conversationExternalId: "chat-1" }]);
    await world.reached(third.id, "delivered");
    expect((await world.message(second.id)).status).toBe("read");
  });

  it("covers more than fits on a page", async () => {
    const { world, channel, host, conversationId } = await startConversation();
    let next = 0;
    channel.answer = () => accepted(String((next += 1)));
    const ids: string[] = [];
    for (let number = 0; number < 502; number += 1) ids.push((await world.send(conversationId, "many")).id);
    await world.reached(ids.at(-1) ?? "", "sent");
    await host.report([{ status: "delivered", at, upToExternalId: "501", conversationExternalId: "chat-1" }]);
    expect((await world.message(ids[500] ?? "")).status).toBe("delivered");
    expect((await world.message(ids[501] ?? "")).status).toBe("sent");
  });

  it("is of no use for failures, for chats that nobody knows, and for ids that are no numbers", async () => {
    const { world, host, conversationId } = await startConversation();
    const message = await world.send(conversationId, "hello");
    await world.reached(message.id, "sent");
    await host.report([
      { status: "failed", at, upToExternalId: "999", conversationExternalId: "chat-1" },
      { status: "read", at, upToExternalId: "999", conversationExternalId: "chat-1" },
      { status: "read", at, upToExternalId: "999", conversationExternalId: "nobody" },
    ]);
    expect((await world.message(message.id)).status).toBe("sent");
  });
});
