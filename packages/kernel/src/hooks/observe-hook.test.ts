import { describe, expect, test } from "vitest";
import { observePoint } from "./hook-point.ts";
import { hookWith } from "./hooks.test.fixture.ts";

const point = observePoint<number>("testing.ended");

describe("an observe", () => {
  test("tells every tap, whatever becomes of the others, and reports who failed", async () => {
    const seen: string[] = [];
    const { hook, reported } = hookWith(
      point,
      [
        "throws",
        () => {
          throw new Error("at once");
        },
      ],
      ["rejects", async () => Promise.reject(new Error("later"))],
      ["sees", (event) => void seen.push(`sees ${event}`)],
      [
        "sees-later",
        async (event) => {
          await new Promise((resolve) => setImmediate(resolve));
          seen.push(`sees later ${event}`);
        },
      ],
    );
    await hook.notify(7);
    expect(seen).toEqual(["sees 7", "sees later 7"]);
    expect(reported.map(({ code, details }) => `${code} ${String(details["plugin"])}`)).toEqual([
      "CRM_HOOK_FAILED throws",
      "CRM_HOOK_FAILED rejects",
    ]);
  });

  test("does not wait for a tap that does not end", async () => {
    const { hook, reported } = hookWith(point, ["stuck", () => new Promise(() => undefined), { deadlineMs: 1 }]);
    await hook.notify(7);
    expect(reported).toEqual([
      expect.objectContaining({ code: "CRM_HOOK_DEADLINE", details: expect.objectContaining({ plugin: "stuck" }) }),
    ]);
  });

  test("costs nothing when nobody watches", async () => {
    expect(await hookWith(point).hook.notify(7)).toBeUndefined();
  });
});
