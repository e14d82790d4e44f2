import { expect } from "vitest";
import { inboundMessage } from "../sample-records.ts";
import type { StorageSuite } from "../storage-world.ts";
import { account, counts, eventsUpTo, followUp } from "./intake-records.ts";

export function duplicates({ test }: StorageSuite): void {
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
