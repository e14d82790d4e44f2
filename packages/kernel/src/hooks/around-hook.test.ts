import { describe, expect, test } from "vitest";
import { aroundPoint } from "./hook-point.ts";
import { hookWith } from "./hooks.test.fixture.ts";

const point = aroundPoint<string, string>("testing.request");
const work = async (input: string) => `<${input}>`;

describe("an around", () => {
  test("wraps the work like an onion, the first tap outermost", async () => {
    expect(await hookWith(point).hook.run("x", work)).toBe("<x>");
    const { hook } = hookWith(
      point,
      ["outer", async (input, next) => `outer(${await next(`${input}o`)})`],
      ["inner", async (input, next) => `inner(${await next(`${input}i`)})`],
    );
    expect(await hook.run("x", work)).toBe("outer(inner(<xoi>))");
  });

  test("lets a tap answer without the work, or try it twice", async () => {
    const cached = hookWith(point, ["cache", async () => "cached"]).hook;
    expect(await cached.run("x", () => Promise.reject(new Error("not reached")))).toBe("cached");
    let tries = 0;
    const retried = hookWith(point, ["retry", (input, next) => next(input).catch(() => next(input))]).hook;
    expect(
      await retried.run("x", async (input) => (++tries === 1 ? Promise.reject(new Error("once")) : `<${input}>`)),
    ).toBe("<x>");
  });

  test("passes the work's own error through untouched", async () => {
    const error = new Error("the work failed");
    const { hook } = hookWith(
      point,
      ["outer", (input, next) => next(input)],
      ["inner", async (input, next) => next(input)],
    );
    await expect(hook.run("x", () => Promise.reject(error))).rejects.toBe(error);
  });

  test("names the plugin whose tap fails, however far inside", async () => {
    const broken = () => Promise.reject(new Error("it broke"));
    const { hook } = hookWith(point, ["outer", (input, next) => next(input)], ["broken", broken]);
    await expect(hook.run("x", work)).rejects.toMatchObject({
      code: "CRM_HOOK_FAILED",
      details: { plugin: "broken", point: "testing.request" },
    });
    const thrower = hookWith(point, [
      "thrower",
      () => {
        throw new Error("at once");
      },
    ]).hook;
    await expect(thrower.run("x", work)).rejects.toMatchObject({
      code: "CRM_HOOK_FAILED",
      details: { plugin: "thrower" },
    });
  });
});
