import { describe, expect, test } from "vitest";
import { silentLogger } from "../infrastructure/logger.ts";
import type { Plugin } from "../plugin/plugin.ts";
import { createKernel } from "./create-kernel.ts";
import { type Diary, type Traits, diarist, part } from "./plugins.test.fixture.ts";

const [a, b, c] = [part("a"), part("b"), part("c")];

/** The order in which these plugins boot, each given by its traits. */
async function bootOrder(traits: Readonly<Record<string, Traits>>): Promise<readonly string[]> {
  const diary: Diary = [];
  await using kernel = await createKernel({
    plugins: Object.entries(traits).map(([id, trait]) => diarist(diary, id, trait)),
    logger: silentLogger,
  });
  return kernel.inspect().plugins.map(({ id }) => id);
}

function refusal(...plugins: readonly Plugin[]): Promise<unknown> {
  return createKernel({ plugins, logger: silentLogger }).then(
    () => "it booted",
    (error: unknown) => error,
  );
}

describe("the order of boot", () => {
  test("comes from what plugins need, not from their place in the list", async () => {
    expect(
      await bootOrder({ last: { needs: [b] }, middle: { needs: [a], gives: [b] }, first: { gives: [a] } }),
    ).toEqual(["first", "middle", "last"]);
  });

  test("is that of the list otherwise", async () => {
    expect(await bootOrder({ z: {}, a: {}, m: {} })).toEqual(["z", "a", "m"]);
  });

  test("puts what a plugin would like to have before it", async () => {
    expect(await bootOrder({ fan: { likes: [a, c] }, star: { gives: [a] } })).toEqual(["star", "fan"]);
  });

  test("gives a wish up when a need says the opposite", async () => {
    expect(await bootOrder({ host: { likes: [b], gives: [a] }, guest: { needs: [a], gives: [b] } })).toEqual([
      "host",
      "guest",
    ]);
    expect(await bootOrder({ guest: { needs: [a], gives: [b] }, host: { likes: [b], gives: [a] } })).toEqual([
      "host",
      "guest",
    ]);
  });

  test("copes with wishes that go round in a circle, with or without needs among them", async () => {
    expect(await bootOrder({ one: { likes: [b], gives: [a] }, other: { likes: [a], gives: [b] } })).toEqual([
      "other",
      "one",
    ]);
    const order = await bootOrder({
      one: { likes: [b], gives: [a] },
      two: { needs: [c], gives: [b] },
      three: { likes: [a], gives: [c] },
    });
    expect(order.indexOf("three")).toBeLessThan(order.indexOf("two"));
    expect(order).toHaveLength(3);
  });

  test("hands each plugin what it needs and likes, as far as it is there", async () => {
    const diary: Diary = [];
    const plugins = [diarist(diary, "user", { needs: [a], likes: [b, c] }), diarist(diary, "maker", { gives: [a, b] })];
    await using _ = await createKernel({ plugins, logger: silentLogger });
    expect(diary.filter((line) => line.includes("got"))).toEqual([
      "user got part0 of maker",
      "user got part1 of maker",
    ]);
  });
});

describe("what can't boot", () => {
  test("a need that nobody meets names who has it and what would help", async () => {
    expect(await refusal(diarist([], "lonely", { needs: [a] }))).toMatchObject({
      code: "CRM_KERNEL_MISSING_DEPENDENCY",
      message: expect.stringMatching(/"lonely" needs testing\.a@1.*`provides`/),
      details: { plugin: "lonely", contract: "testing.a@1" },
    });
  });

  test("two majors of a contract name both ends", async () => {
    expect(
      await refusal(diarist([], "old", { needs: [part("a", 1)] }), diarist([], "new", { gives: [part("a", 2)] })),
    ).toMatchObject({
      code: "CRM_KERNEL_INCOMPATIBLE_CONTRACT",
      message: expect.stringMatching(/"old" needs testing\.a@1.*"new" provides testing\.a@2/),
      details: { plugin: "old", contract: "testing.a@1", provider: "new", provided: "testing.a@2" },
    });
  });

  test("a circle of needs is shown in full", async () => {
    const circle = [
      diarist([], "x", { needs: [c], gives: [a] }),
      diarist([], "y", { needs: [a], gives: [b] }),
      diarist([], "z", { needs: [b], gives: [c] }),
    ];
    expect(await refusal(diarist([], "outside", { needs: [a] }), ...circle)).toMatchObject({
      code: "CRM_KERNEL_DEPENDENCY_CYCLE",
      message: expect.stringContaining("x → z → y → x"),
      details: { path: ["x", "z", "y", "x"] },
    });
  });

  test("two providers of one contract are both named", async () => {
    expect(await refusal(diarist([], "one", { gives: [a] }), diarist([], "other", { gives: [a] }))).toMatchObject({
      code: "CRM_KERNEL_DUPLICATE_PROVIDER",
      message: expect.stringMatching(/"one" and "other" provide testing\.a@1/),
      details: { contract: "testing.a@1", plugins: ["one", "other"] },
    });
  });

  test("a plugin that is listed twice is named", async () => {
    expect(await refusal(diarist([], "twin"), diarist([], "twin"))).toMatchObject({
      code: "CRM_KERNEL_DUPLICATE_PLUGIN",
      message: expect.stringContaining('"twin"'),
    });
  });
});
