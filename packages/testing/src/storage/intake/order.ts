import type { InboundMessage } from "@crmessenger/kernel/communication";
import { expect } from "vitest";
import { eventually } from "../../time/eventually.ts";
import { inboundMessage } from "../sample-records.ts";
import type { StorageSuite } from "../storage-world.ts";
import { account, followUp } from "./intake-records.ts";

export function order({ test }: StorageSuite): void {
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
