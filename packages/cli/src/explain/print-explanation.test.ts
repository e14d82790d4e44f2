import type { Explanation } from "@crmessenger/kernel";
import { expect, test } from "vitest";
import { printExplanation } from "./print-explanation.ts";

const at = { stage: "normal", milliseconds: 0.25 } as const;

test("shows what each tap did in order, who had the last word, and why it was refused", () => {
  const explanation: Explanation = {
    operation: "sales.lead.create",
    actor: "user 7",
    outcome: "refused",
    error: { code: "CRM_HOOK_REFUSED", message: "Not today." },
    steps: [
      {
        point: "sales.lead-draft",
        kind: "transform",
        plugin: "a",
        ...at,
        changes: [{ path: "ownerId", from: null, to: "5" }],
      },
      {
        point: "sales.lead-draft",
        kind: "transform",
        plugin: "b",
        stage: "late",
        milliseconds: 12.4,
        changes: [
          { path: "ownerId", from: "5", to: "7" },
          { path: "note", from: undefined, to: "x".repeat(200) },
        ],
      },
      { point: "iam.access-voter", kind: "guard", plugin: "c", ...at, verdict: "deny", reason: "Not today." },
      {
        point: "sales.bell",
        kind: "observe",
        plugin: "d",
        ...at,
        error: { code: "CRM_HOOK_FAILED", message: "No bells." },
      },
    ],
  };
  const long = `"${"x".repeat(79)}…`;
  expect(printExplanation(explanation).split("\n")).toEqual([
    "sales.lead.create by user 7: refused",
    "├─ transform sales.lead-draft, a at stage normal, 0.3 ms",
    '│  └─ ownerId: null → "5"',
    "├─ transform sales.lead-draft, b at stage late, 12 ms",
    '│  ├─ ownerId: "5" → "7"',
    `│  └─ note: nothing → ${long}`,
    "├─ guard iam.access-voter, c at stage normal, 0.3 ms: deny (Not today.)",
    "└─ observe sales.bell, d at stage normal, 0.3 ms",
    "   └─ No bells. (CRM_HOOK_FAILED)",
    "",
    'ownerId is "7" because b changed it at stage late of sales.lead-draft.',
    `note is ${long} because b changed it at stage late of sales.lead-draft.`,
    "",
    "Not today. (CRM_HOOK_REFUSED)",
  ]);
});
