import { describe, expect, test } from "vitest";
import { mergeLeadStates } from "./merge-lead-states.ts";

describe("the states of leads", () => {
  test("are five, without skipping", () => {
    const states = mergeLeadStates([]);
    expect(states.all().map(({ status }) => status)).toEqual([
      "new",
      "in-progress",
      "qualified",
      "converted",
      "disqualified",
    ]);
    expect(states.canTransition("new", "in-progress")).toBe(true);
    expect(states.canTransition("new", "qualified")).toBe(false);
    expect(states.canTransition("converted", "new")).toBe(false);
    expect(states.canTransition("nowhere", "new")).toBe(false);
    expect([states.state("converted")?.final, states.state("new")?.final, states.state("nowhere")]).toEqual([
      true,
      false,
      undefined,
    ]);
  });

  test("take states and transitions of plugins in, and lose none", () => {
    const states = mergeLeadStates([
      { status: "new", next: ["parked"] },
      { status: "parked", next: ["in-progress"] },
    ]);
    expect(states.canTransition("new", "parked")).toBe(true);
    expect(states.canTransition("new", "in-progress")).toBe(true);
    expect(states.canTransition("parked", "in-progress")).toBe(true);
  });

  test.each([
    ["lead to a state that nobody defines", [{ status: "new", next: ["limbo"] }], /"new" leads to "limbo"/],
    ["lead on from a final state", [{ status: "converted", next: ["new"] }], /"converted" is final/],
    ["can't be reached", [{ status: "island", next: ["new"] }], /to "island"/],
  ])("may not %s", (_, additions, message) => {
    expect(() => mergeLeadStates(additions)).toThrow(
      expect.objectContaining({ code: "CRM_SALES_INVALID_STATES", message: expect.stringMatching(message) }),
    );
  });
});
