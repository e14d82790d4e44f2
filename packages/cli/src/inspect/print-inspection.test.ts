import type { Inspection, PluginInspection } from "@crmessenger/kernel";
import { expect, test } from "vitest";
import { printInspection } from "./print-inspection.ts";

const plugin: PluginInspection = {
  id: "bonus",
  version: "1.2.3",
  status: "failed",
  optional: true,
  placement: "worker",
  deps: ["infrastructure.settings@1"],
  provides: [],
  operations: [],
  jobs: ["bonus.pay"],
  routes: [],
  subscriptions: ["main", "late", "new"].map((name) => ({ name: `bonus.${name}`, topics: ["lead.created"] })),
  bootMs: 1.234,
  startMs: 20,
  failure: "No network.",
};

const inspection: Inspection = {
  plugins: [plugin],
  contracts: { "b.b@1": "bonus", "a.a@1": "kernel" },
  hooks: [{ name: "sales.lead-draft", kind: "transform", taps: [{ plugin: "bonus", stage: "late" }] }],
  readyMs: 30,
};

test("shows a plugin with what is the matter with it, and how far its subscriptions are", () => {
  const states = [
    { name: "bonus.main", position: 7, lag: 3, deadLetters: 0, running: true },
    { name: "bonus.late", position: 1, lag: 9, deadLetters: 2, running: false, lastError: "No such lead." },
  ];
  expect(printInspection(inspection, { states })).toBe(`plugins, in boot order
└─ bonus 1.2.3 (failed, optional, worker, 21 ms)
   ├─ No network.
   └─ needs infrastructure.settings@1

contracts
├─ a.a@1 ← kernel
└─ b.b@1 ← bonus

extension points, taps in order
└─ sales.lead-draft (transform)
   └─ bonus, late

subscriptions
├─ bonus.main: at position 7, 3 behind
├─ bonus.late: at position 1, 9 behind, 2 dead letters; last error: No such lead.
└─ bonus.new

jobs
└─ bonus.pay ← bonus`);
});

test("says why the subscriptions are not known, and where there is nothing", () => {
  const text = printInspection({ ...inspection, plugins: [] }, { states: [], problem: "The database is away." });
  expect(text).toContain("plugins, in boot order\n└─ none");
  expect(text).toContain("subscriptions\n└─ How far they are is not known: The database is away.");
});

test("puts long lists on several lines within the tree", () => {
  const operations = Array.from({ length: 12 }, (_, index) => `sales.something.do-${index}`);
  const lines = printInspection({ ...inspection, plugins: [{ ...plugin, operations }] }, { states: [] }).split("\n");
  for (const line of lines) expect(line.length).toBeLessThan(110);
  expect(lines.filter((line) => line.includes("sales.something")).length).toBeGreaterThan(2);
});
