import { describe, expect, test } from "vitest";
import { CrmError } from "../errors/crm-error.ts";
import { guardPoint } from "./hook-point.ts";
import { hookWith } from "./hooks.test.fixture.ts";

const point = guardPoint<{ readonly amount: number }>("testing.payment");
const input = { amount: 7 };

describe("a guard", () => {
  test("lets everything pass that nobody denies, and counts who allows", async () => {
    expect(await hookWith(point).hook.decide(input)).toEqual({ denied: false, allows: 0, reason: "", plugin: "" });
    const { hook } = hookWith(
      point,
      ["silent", () => undefined],
      ["sync", () => ({ allow: "small" })],
      ["async", async ({ amount }) => (amount < 10 ? { allow: "fine" } : undefined)],
    );
    expect(await hook.decide(input)).toMatchObject({ denied: false, allows: 2 });
    await hook.enforce(input);
  });

  test("stops at the first deny, with its plugin and reason", async () => {
    const asked: string[] = [];
    const { hook } = hookWith(
      point,
      ["first", () => void asked.push("first")],
      ["strict", async () => (asked.push("strict"), { deny: "too much" })],
      ["never", () => void asked.push("never")],
    );
    expect(await hook.decide(input)).toEqual({ denied: true, allows: 0, reason: "too much", plugin: "strict" });
    expect(asked).toEqual(["first", "strict"]);
    await expect(hook.enforce(input)).rejects.toMatchObject({
      code: "CRM_HOOK_REFUSED",
      status: 403,
      message: 'Refused by plugin "strict": too much',
      details: { plugin: "strict", point: "testing.payment", reason: "too much" },
    });
  });

  test("denies without a reason too", async () => {
    expect(await hookWith(point, ["strict", () => ({ deny: "" })]).hook.decide(input)).toMatchObject({
      denied: true,
      plugin: "strict",
    });
  });

  test.each([null, true, false, "deny", 0, {}, { deny: 1 }])("takes %j for no verdict", async (answer) => {
    expect(await hookWith(point, ["odd", () => answer as never]).hook.decide(input)).toMatchObject({
      denied: false,
      allows: 0,
    });
  });

  test.each([
    [
      "throws",
      () => {
        throw new Error("it broke");
      },
    ],
    ["rejects", () => Promise.reject(new Error("it broke"))],
  ])("takes a tap that %s for one that denies, and reports it with its name", async (_, run) => {
    const { hook, reported } = hookWith(point, ["broken", run], ["never", () => ({ allow: "unasked" })]);
    expect(await hook.decide(input)).toMatchObject({
      denied: true,
      plugin: "broken",
      reason: expect.stringContaining("it broke"),
    });
    await expect(hook.enforce(input)).rejects.toMatchObject({
      code: "CRM_HOOK_REFUSED",
      details: { plugin: "broken" },
    });
    expect(reported[0]).toMatchObject({
      code: "CRM_HOOK_FAILED",
      details: { plugin: "broken", point: "testing.payment" },
    });
  });

  test("takes a tap that does not end for one that denies", async () => {
    const { hook, reported } = hookWith(point, ["stuck", () => new Promise(() => undefined), { deadlineMs: 1 }]);
    expect(await hook.decide(input)).toMatchObject({ denied: true, plugin: "stuck" });
    expect(reported[0]).toMatchObject({
      code: "CRM_HOOK_DEADLINE",
      status: 504,
      details: { plugin: "stuck", deadlineMs: 1 },
    });
  });

  test("keeps concurrent calls apart", async () => {
    const { hook } = hookWith(point, [
      "slow",
      async ({ amount }) => {
        await new Promise((resolve) => setImmediate(resolve));
        return amount % 2 === 0 ? { deny: `${amount} is even` } : { allow: "odd" };
      },
    ]);
    const decisions = await Promise.all([1, 2, 3, 4].map((amount) => hook.decide({ amount })));
    expect(decisions.map(({ denied, reason }) => [denied, reason])).toEqual([
      [false, ""],
      [true, "2 is even"],
      [false, ""],
      [true, "4 is even"],
    ]);
  });

  test("keeps what an error says about status and retries", async () => {
    const { hook, reported } = hookWith(point, [
      "limited",
      () => Promise.reject(new CrmError("CRM_TEST_BUSY", "Busy.", { status: 429, retryable: true })),
    ]);
    await hook.decide(input);
    expect(reported[0]).toMatchObject({
      code: "CRM_TEST_BUSY",
      status: 429,
      retryable: true,
      details: { plugin: "limited" },
    });
  });
});
