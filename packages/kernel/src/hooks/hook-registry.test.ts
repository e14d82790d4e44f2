import { describe, expect, test } from "vitest";
import { Deadlines } from "./deadlines.ts";
import { guardPoint, observePoint, transformPoint } from "./hook-point.ts";
import { HookRegistry } from "./hook-registry.ts";
import { type TestTap, hookWith } from "./hooks.test.fixture.ts";
import { type PointTap, TapCollector } from "./tap-collector.ts";

const point = transformPoint<string>("testing.draft");
const registry = () => new HookRegistry({ deadlines: new Deadlines(), report: () => undefined });

/** Taps of the point, each of a plugin of its own. */
const tapsOf = (...taps: readonly TestTap<typeof point>[]): readonly PointTap[] =>
  taps.flatMap(([plugin, run, options]) => {
    const collector = new TapCollector(plugin);
    collector.tap(point, run, options);
    return collector.close();
  });

const append = (letter: string) => (draft: string) => draft + letter;

describe("the order of taps", () => {
  test("is that of the stages, and of registration within a stage", async () => {
    const { hook } = hookWith(
      point,
      ["d", append("d")],
      ["z", append("z"), { stage: "last" }],
      ["a", append("a"), { stage: "first" }],
      ["e", append("e"), { stage: "normal" }],
      ["y", append("y"), { stage: "late" }],
      ["b", append("b"), { stage: "early" }],
      ["c", append("c"), { stage: "early" }],
    );
    expect(await hook.apply("")).toBe("abcdeyz");
  });

  test("heeds before and after within a stage", async () => {
    const { hook } = hookWith(
      point,
      ["c", append("c"), { after: ["b"] }],
      ["b", append("b")],
      ["d", append("d")],
      ["a", append("a"), { before: ["b", "d"] }],
    );
    expect(await hook.apply("")).toBe("abcd");
  });

  test("allows several taps of one plugin, in their order", async () => {
    const { hook } = hookWith(point, ["a", append("1")], ["b", append("2")], ["a", append("3")]);
    expect(await hook.apply("")).toBe("123");
  });

  test.each([{ before: ["nobody"] }, { after: ["nobody"] }])(
    "refuses a neighbour that does not tap the point: %j",
    (options) => {
      expect(() => hookWith(point, ["a", append("a"), options], ["b", append("b")])).toThrow(
        expect.objectContaining({
          code: "CRM_HOOK_UNKNOWN_NEIGHBOUR",
          message: expect.stringMatching(/"a".*"nobody".*a, b/s),
          details: { point: "testing.draft", plugin: "a", neighbour: "nobody" },
        }),
      );
    },
  );

  test("refuses a circle", () => {
    expect(() => hookWith(point, ["a", append("a"), { before: ["b"] }], ["b", append("b"), { before: ["a"] }])).toThrow(
      expect.objectContaining({ code: "CRM_HOOK_CYCLE", message: expect.stringMatching(/a, b/) }),
    );
  });
});

describe("the registry", () => {
  test("gives several plugins that declare a point the same hook", () => {
    const hooks = registry();
    hooks.declare(point);
    hooks.declare(transformPoint<string>("testing.draft"));
    expect(hooks.hook(point)).toBe(hooks.hook(point));
  });

  test("refuses one name for two kinds", () => {
    const hooks = registry();
    hooks.declare(point);
    expect(() => hooks.declare(guardPoint("testing.draft"))).toThrow(
      expect.objectContaining({ code: "CRM_HOOK_KIND" }),
    );
  });

  test("knows no point that nobody declared, neither for calling nor for tapping", () => {
    const hooks = registry();
    expect(() => hooks.hook(point)).toThrow(expect.objectContaining({ code: "CRM_HOOK_UNKNOWN" }));
    expect(() => hooks.prepare(tapsOf(["curious", () => undefined]))).toThrow(
      expect.objectContaining({
        code: "CRM_HOOK_UNKNOWN",
        message: expect.stringMatching(/"curious".*testing\.draft/),
      }),
    );
  });

  test("takes no taps after the plugin's turn to tap", () => {
    const collector = new TapCollector("late");
    collector.close();
    expect(() => collector.tap(point, () => undefined)).toThrow(
      expect.objectContaining({ code: "CRM_HOOK_FROZEN", details: { point: "testing.draft", plugin: "late" } }),
    );
  });

  test("replaces all taps at once, and calls in flight end with those they began with", async () => {
    const hooks = registry();
    hooks.declare(point);
    const gate = Promise.withResolvers<void>();
    hooks.prepare(tapsOf(["a", (draft) => gate.promise.then(() => `${draft}a`)], ["b", append("b")]))();
    const begun = hooks.hook(point).apply("");
    hooks.prepare(tapsOf(["b", append("b"), { after: ["a"] }]), new Set(["a"]))();
    expect(await hooks.hook(point).apply("")).toBe("b");
    gate.resolve();
    expect(await begun).toBe("ab");
  });

  test("changes nothing when the new taps don't fit", async () => {
    const hooks = registry();
    hooks.declare(point);
    hooks.prepare(tapsOf(["a", append("a")]))();
    expect(() => hooks.prepare(tapsOf(["b", append("b"), { after: ["a"] }]))).toThrow(
      expect.objectContaining({ code: "CRM_HOOK_UNKNOWN_NEIGHBOUR" }),
    );
    expect(await hooks.hook(point).apply("")).toBe("a");
  });

  test("describes its hooks and taps in the order in which they run", () => {
    const hooks = registry();
    hooks.declare(point);
    hooks.declare(observePoint("testing.ended"));
    hooks.prepare(tapsOf(["b", append("b"), { stage: "late" }], ["a", append("a")]))();
    expect(hooks.describe()).toEqual([
      {
        name: "testing.draft",
        kind: "transform",
        taps: [
          { plugin: "a", stage: "normal" },
          { plugin: "b", stage: "late" },
        ],
      },
      { name: "testing.ended", kind: "observe", taps: [] },
    ]);
  });
});

test.each(["draft", "Testing.draft", "testing.", "testing draft"])("%j is no name of a point", (name) => {
  expect(() => transformPoint(name)).toThrow(TypeError);
});
