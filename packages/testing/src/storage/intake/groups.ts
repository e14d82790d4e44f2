import { runInContext } from "@crmessenger/kernel";
import type { InboundReceipt } from "@crmessenger/kernel/communication";
import { expect } from "vitest";
import { inboundMessage } from "../sample-records.ts";
import type { StorageSuite } from "../storage-world.ts";
import { REFUSED_CONTACT, REFUSED_LEAD } from "./intake-probe.ts";
import { account, counts, eventsUpTo } from "./intake-records.ts";

export function groups({ test }: StorageSuite): void {
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
