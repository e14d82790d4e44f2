import { expect } from "vitest";
import type { StorageHarness } from "./storage-harness.ts";
import { describeOn } from "./storage-world.ts";

/** What every Settings promises. */
export function describeSettings(harness: StorageHarness): void {
  describeOn(harness, "Settings", ({ test }) => {
    test("keeps any JSON under its key until it is deleted", async ({ settings }) => {
      expect(await settings.get("shop.greeting")).toBeUndefined();
      for (const value of ["Здравствуйте 👋", 0, false, null, [1, [2]], { nested: { list: [null] } }, ""]) {
        await settings.set("shop.greeting", value);
        expect(await settings.get("shop.greeting")).toEqual(value);
      }
      await settings.delete("shop.greeting");
      await settings.delete("shop.greeting");
      expect(await settings.get("shop.greeting")).toBeUndefined();
    });

    test("keeps tenants apart", async (world) => {
      await world.settings.set("shop.name", "mine");
      await world.inTenant(world.unique("tenant"), async () => {
        expect(await world.settings.get("shop.name")).toBeUndefined();
        await world.settings.set("shop.name", "theirs");
        await world.settings.delete("shop.name");
      });
      expect(await world.settings.get("shop.name")).toBe("mine");
    });

    test("takes part in the unit of work", async ({ settings, units }) => {
      await settings.set("shop.name", "before");
      const undone = units.run(async () => {
        await settings.set("shop.name", "after");
        expect(await settings.get("shop.name")).toBe("after");
        throw new Error("no");
      });
      await expect(undone).rejects.toThrow("no");
      expect(await settings.get("shop.name")).toBe("before");
    });

    test("lets the last of concurrent writers win, whole", async ({ settings }) => {
      const values = Array.from({ length: 8 }, (_, index) => ({ a: index, b: index }));
      await Promise.all(values.map((value) => settings.set("shop.race", value)));
      expect(values).toContainEqual(await settings.get("shop.race"));
    });
  });
}
