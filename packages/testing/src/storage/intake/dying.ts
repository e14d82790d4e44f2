import { expect } from "vitest";
import { disturbed } from "../../faults/disturbed.ts";
import { inboundMessage } from "../sample-records.ts";
import type { StorageSuite } from "../storage-world.ts";
import { death } from "./intake-probe.ts";
import { account, counts } from "./intake-records.ts";

export function dying({ test }: StorageSuite): void {
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
