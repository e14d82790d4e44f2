import { describe, expect, onTestFinished, test, vi } from "vitest";
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

  describe("has a deadline for what it does itself", () => {
    const stuck = () => new Promise<never>(() => undefined);
    const tick = () => new Promise((resolve) => setImmediate(resolve));
    const fakeTimers = () => {
      vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
      onTestFinished(() => void vi.useRealTimers());
    };

    test("before the work, which then never begins", async () => {
      const gate = Promise.withResolvers<void>();
      const slow = async (input: string, next: typeof work) => {
        await gate.promise;
        return next(input);
      };
      const { hook } = hookWith(point, ["patient", (input, next) => next(input)], ["slow", slow, { deadlineMs: 1 }]);
      let begun = 0;
      const answer = hook.run("x", async () => `${(begun += 1)}`);
      await expect(answer).rejects.toMatchObject({
        code: "CRM_HOOK_DEADLINE",
        details: { plugin: "slow", deadlineMs: 1 },
      });
      gate.resolve();
      await tick();
      expect(begun).toBe(0);
    });

    test("after the work, whose own time does not count", async () => {
      fakeTimers();
      const { hook } = hookWith(
        point,
        ["outer", (input, next) => next(input), { deadlineMs: 1_000 }],
        ["stuck", (input, next) => next(input).then(stuck), { deadlineMs: 1_000 }],
      );
      const long = Promise.withResolvers<string>();
      const answer = hook.run("x", () => long.promise);
      await tick();
      vi.advanceTimersByTime(60_000);
      long.resolve("done");
      await tick();
      vi.advanceTimersByTime(1_100);
      await expect(answer).rejects.toMatchObject({ code: "CRM_HOOK_DEADLINE", details: { plugin: "stuck" } });
    });
  });
});
