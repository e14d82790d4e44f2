import { describe, expect, test } from "vitest";
import { runInContext } from "../context/execution-context.ts";
import { Lifetime } from "../plugin/lifetime.ts";
import { createRegistry } from "./registry.ts";

describe("a registry", () => {
  test("answers parts by name, and all of them in order of name", () => {
    const registry = createRegistry<{ name: string; value: number }>("strategy");
    registry.register({ name: "late", value: 2 });
    registry.register({ name: "early", value: 1 });
    expect(registry.get("late").value).toBe(2);
    expect(registry.all().map(({ name }) => name)).toEqual(["early", "late"]);
  });

  test("refuses two parts of one name", () => {
    const registry = createRegistry("strategy");
    registry.register({ name: "fixed" });
    expect(() => registry.register({ name: "fixed" })).toThrow(
      expect.objectContaining({ code: "CRM_REGISTRY_DUPLICATE", details: { what: "strategy", name: "fixed" } }),
    );
  });

  test("says which names there are when one is unknown", () => {
    const registry = createRegistry("strategy");
    registry.register({ name: "fixed" });
    expect(() => registry.get("fixd")).toThrow(
      expect.objectContaining({
        code: "CRM_REGISTRY_UNKNOWN",
        status: 422,
        message: 'There is no strategy named "fixd". Add the plugin that brings it, or use one of: fixed.',
      }),
    );
  });

  test("forgets a part that was taken out, and takes its name again", () => {
    const registry = createRegistry("strategy");
    registry.register({ name: "fixed" });
    registry.unregister("fixed");
    registry.unregister("fixed");
    expect(registry.all()).toEqual([]);
    registry.register({ name: "fixed" });
    expect(registry.get("fixed")).toEqual({ name: "fixed" });
  });

  test("lets go of what a plugin registered when that ends, and its next version's part comes into force", async () => {
    const registry = createRegistry<{ name: string; value: number }>("strategy");
    const asPlugin = (id: string, lifetime: Lifetime, value: number) =>
      lifetime.during(() =>
        runInContext({ actor: { kind: "plugin", id } }, () => registry.register({ name: "fixed", value })),
      );
    const [old, fresh] = [new Lifetime(), new Lifetime()];
    asPlugin("a", old, 1);
    asPlugin("a", fresh, 2);
    expect(() => asPlugin("b", new Lifetime(), 3)).toThrow(expect.objectContaining({ code: "CRM_REGISTRY_DUPLICATE" }));
    expect(registry.get("fixed").value).toBe(1);
    await old.end();
    expect(registry.get("fixed").value).toBe(2);
    await fresh.end();
    expect(registry.all()).toEqual([]);
  });
});
