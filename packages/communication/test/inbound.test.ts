import { definePlugin } from "@crmessenger/kernel";
import { CommunicationHooks, GetTimeline, ListConversations, ListMessages } from "@crmessenger/kernel/communication";
import type { Plugin } from "@crmessenger/kernel";
import { describe, expect, it } from "vitest";
import { inbound } from "./scripted-channel.ts";
import { startWorld } from "./start-world.ts";

async function start(plugins: readonly Plugin[] = []) {
  const world = await startWorld({ plugins });
  return { ...(await world.connectAccount()), kernel: world.kernel };
}

describe("what arrives", () => {
  it("is stored with conversation, contact and timeline, once", async () => {
    const { kernel, host, account } = await start();
    const first = await host.receive(inbound(account.id, "m-1", "Hello"));
    const again = await host.receive(inbound(account.id, "m-1", "Hello"));
    expect(first.duplicate).toBe(false);
    expect(again).toEqual({ ...first, duplicate: true });
    const { items } = await kernel.bus.ask(ListMessages, { conversationId: first.conversationId });
    expect(items.map(({ parts, direction, ordinal }) => ({ parts, direction, ordinal }))).toEqual([
      { parts: [{ type: "text", text: "Hello" }], direction: "inbound", ordinal: 1 },
    ]);
    const timeline = await kernel.bus.ask(GetTimeline, { contactId: first.contactId });
    expect(timeline.items.map(({ kind }) => kind)).toContain("message");
  });

  it("is refused when a guard denies it, and stored as a transform made it", async () => {
    const filter = definePlugin({
      id: "filter",
      version: "1.0.0",
      extend(taps) {
        taps.tap(CommunicationHooks.inboundGuard, ({ parts }) =>
          parts.some((part) => part.type === "text" && part.text.includes("spam")) ? { deny: "spam" } : undefined,
        );
        taps.tap(CommunicationHooks.inboundDraft, (message) => ({
          ...message,
          parts: [{ type: "text" as const, text: "filtered" }],
        }));
      },
    });
    const { kernel, host, account } = await start([filter()]);
    await expect(host.receive(inbound(account.id, "m-1", "spam!"))).rejects.toMatchObject({
      code: "CRM_HOOK_REFUSED",
      details: { plugin: "filter" },
    });
    expect((await kernel.bus.ask(ListConversations, {})).items).toEqual([]);
    const { conversationId, duplicate } = await host.receive(inbound(account.id, "m-2", "fine"));
    expect(duplicate).toBe(false);
    const { items } = await kernel.bus.ask(ListMessages, { conversationId });
    expect(items.map(({ parts }) => parts)).toEqual([[{ type: "text", text: "filtered" }]]);
  });

  it("is refused when it is malformed, with the place that is wrong", async () => {
    const { host, account } = await start();
    await expect(host.receive({ ...inbound(account.id, "m-1", "x"), parts: [] })).rejects.toMatchObject({
      code: "CRM_BUS_INVALID_INPUT",
      details: { issues: [expect.objectContaining({ path: "parts" })] },
    });
  });
});
