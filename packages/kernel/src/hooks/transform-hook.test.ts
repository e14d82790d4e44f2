import { describe, expect, onTestFinished, test, vi } from "vitest";
import { CrmError } from "../errors/crm-error.ts";
import { transformPoint } from "./hook-point.ts";
import { hookWith } from "./hooks.test.fixture.ts";

const point = transformPoint<{ readonly sum: number; readonly by?: string }>("testing.deal-draft");

describe("a transform", () => {
  test("hands each tap what the one before it returned; nothing means unchanged", async () => {
    const draft = { sum: 1 };
    expect(await hookWith(point).hook.apply(draft)).toBe(draft);
    const { hook } = hookWith(
      point,
      ["doubles", ({ sum }) => ({ sum: sum * 2 })],
      ["watches", () => undefined],
      ["returns-null", () => null as never],
      ["adds", async (draft) => ({ ...draft, sum: draft.sum + 1, by: "adds" })],
      ["watches-later", async () => undefined],
    );
    expect(await hook.apply(draft)).toEqual({ sum: 3, by: "adds" });
    expect(draft).toEqual({ sum: 1 });
  });

  test.each([
    [
      "throws",
      () => {
        throw new CrmError("CRM_TEST_LIMIT", "Too much.", { status: 409 });
      },
    ],
    ["rejects", () => Promise.reject(new CrmError("CRM_TEST_LIMIT", "Too much.", { status: 409 }))],
  ])("aborts with the plugin's name when a tap %s", async (_, run) => {
    const asked: string[] = [];
    const { hook } = hookWith(point, ["limiter", run], ["never", () => void asked.push("never")]);
    await expect(hook.apply({ sum: 1 })).rejects.toMatchObject({
      code: "CRM_TEST_LIMIT",
      status: 409,
      message: "Too much.",
      details: { plugin: "limiter", point: "testing.deal-draft" },
      cause: expect.objectContaining({ code: "CRM_TEST_LIMIT" }),
    });
    expect(asked).toEqual([]);
  });

  test("gives up a tap that does not end, and goes no further when it ends after all", async () => {
    const late = Promise.withResolvers<{ sum: number }>();
    const asked: string[] = [];
    const { hook } = hookWith(
      point,
      ["stuck", () => late.promise, { deadlineMs: 1 }],
      ["later", () => void asked.push("later"), { deadlineMs: 1 }],
    );
    await expect(hook.apply({ sum: 1 })).rejects.toMatchObject({
      code: "CRM_HOOK_DEADLINE",
      details: { plugin: "stuck", point: "testing.deal-draft" },
    });
    late.resolve({ sum: 2 });
    await late.promise;
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toEqual([]);
  });

  test("gives each tap its own time", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    onTestFinished(() => void vi.useRealTimers());
    const gate = Promise.withResolvers<void>();
    const { hook } = hookWith(
      point,
      ["quick", () => undefined, { deadlineMs: 1 }],
      ["patient", () => gate.promise, { deadlineMs: 60_000 }],
      ["stuck", () => new Promise(() => undefined), { deadlineMs: 1_000 }],
    );
    const applied = hook.apply({ sum: 1 });
    vi.advanceTimersByTime(59_000);
    gate.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    vi.advanceTimersByTime(1_100);
    await expect(applied).rejects.toMatchObject({ details: { plugin: "stuck", deadlineMs: 1_000 } });
  });

  test("lets many calls run at once", async () => {
    const { hook } = hookWith(
      point,
      [
        "slow",
        async ({ sum }) => {
          await new Promise((resolve) => setImmediate(resolve));
          return { sum: sum + 1 };
        },
      ],
      [
        "slower",
        async ({ sum }) => {
          await new Promise((resolve) => setImmediate(resolve));
          return { sum: sum * 10 };
        },
      ],
    );
    expect(await Promise.all([1, 2, 3].map(async (sum) => (await hook.apply({ sum })).sum))).toEqual([20, 30, 40]);
  });
});
