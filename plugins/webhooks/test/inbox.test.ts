import { createWebhookInbox } from "../src/receiver/index.ts";
import { Clock, Collections, Settings, UnitOfWork } from "@crmessenger/kernel/infrastructure";
import { createTestClock } from "@crmessenger/testing";
import { expect, onTestFinished, test } from "vitest";
import { startWorld } from "./support/world.ts";

test("a webhook takes effect once, and again only after a failure", async () => {
  const clock = createTestClock();
  const kernel = await startWorld({ clock });
  onTestFinished(() => kernel.stop());
  await kernel.run(async () => {
    const [collections, unitOfWork, settings] = [kernel.get(Collections), kernel.get(UnitOfWork), kernel.get(Settings)];
    const inbox = createWebhookInbox("testing.inbox", { collections, unitOfWork, clock: kernel.get(Clock) });
    const count = async () => Number((await settings.get("testing.count")) ?? 0);
    const add = async () => settings.set("testing.count", (await count()) + 1);
    const fail = async () => {
      await add();
      throw new Error("not now");
    };
    await expect(inbox.once("a", fail)).rejects.toThrow("not now");
    expect(await count()).toBe(0);
    expect(await Promise.all([inbox.once("a", add), inbox.once("a", add), inbox.once("b", add)])).toEqual([
      true,
      false,
      true,
    ]);
    expect(await count()).toBe(2);
    expect(await inbox.forgetBefore(clock.now())).toBe(0);
    await clock.advance(1);
    expect(await inbox.forgetBefore(clock.now())).toBe(2);
    expect(await inbox.once("a", add)).toBe(true);
  });
});
