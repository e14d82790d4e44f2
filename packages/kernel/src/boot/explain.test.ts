import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { answer, handle } from "../bus/handler.ts";
import { defineCommand, defineQuery } from "../bus/operation.ts";
import { guardPoint, observePoint, transformPoint } from "../hooks/hook-point.ts";
import { silentLogger } from "../infrastructure/logger.ts";
import { definePlugin } from "../plugin/define-plugin.ts";
import { ProbeStorage } from "../probe-storage.test.fixture.ts";
import { createKernel } from "./create-kernel.ts";
import { ExplainOperation } from "./kernel-operations.ts";

interface Draft {
  readonly sum: string;
  readonly owner: { readonly id: number | null };
}

const mayWin = guardPoint<Draft>("testing.may-win");
const draft = transformPoint<Draft>("testing.draft");
const won = observePoint<Draft>("testing.won");
const shape = { input: z.object({ sum: z.string() }), output: z.string(), permission: null, description: "Wins." };
const Win = defineCommand({ ...shape, name: "testing.deal.win" });
const Import = defineCommand({ ...shape, name: "testing.deal.import" });
const Peek = defineQuery({ ...shape, name: "testing.deal.peek" });

const deals = definePlugin({
  id: "deals",
  version: "1.0.0",
  hooks: [mayWin, draft, won],
  boot: (_, { hook }) => ({
    handlers: [
      handle(Win, async ({ sum }) => {
        const deal = await hook(draft).apply({ sum, owner: { id: null } });
        await hook(mayWin).enforce(deal);
        await hook(won).notify(deal);
        return `${deal.sum} for ${deal.owner.id}`;
      }),
      handle(Import, async () => "done", { unitOfWork: "own" }),
      answer(Peek, async () => "nothing"),
    ],
  }),
});

const rules = definePlugin({
  id: "rules",
  version: "1.0.0",
  extend(taps) {
    taps.tap(draft, (deal) => ({ ...deal, owner: { id: 7 } }), { stage: "late" });
    taps.tap(draft, async (deal) => ({ ...deal, sum: `${deal.sum}.00` }));
    taps.tap(mayWin, ({ sum }) =>
      sum === "0.00" ? { deny: "There is nothing to win." } : { allow: "It is worth it." },
    );
    taps.tap(won, () => {
      throw new Error("no bells");
    });
  },
});

async function start() {
  const storage = new ProbeStorage();
  const kernel = await createKernel({ plugins: [storage.plugin(), deals(), rules()], logger: silentLogger });
  onTestFinished(() => kernel.stop());
  return { kernel, storage };
}

test("says what each tap did, field by field, and undoes the command", async () => {
  const { kernel, storage } = await start();
  const { steps, ...explained } = await kernel.run(() => kernel.explain(Win, { sum: "10" }), {
    actor: { kind: "user", id: "7" },
  });
  expect(explained).toEqual({
    operation: "testing.deal.win",
    actor: "user 7",
    outcome: "allowed",
    output: "10.00 for 7",
  });
  const milliseconds = expect.any(Number);
  expect(steps).toEqual([
    {
      point: "testing.draft",
      kind: "transform",
      plugin: "rules",
      stage: "normal",
      milliseconds,
      changes: [{ path: "sum", from: "10", to: "10.00" }],
    },
    {
      point: "testing.draft",
      kind: "transform",
      plugin: "rules",
      stage: "late",
      milliseconds,
      changes: [{ path: "owner.id", from: null, to: 7 }],
    },
    {
      point: "testing.may-win",
      kind: "guard",
      plugin: "rules",
      stage: "normal",
      milliseconds,
      verdict: "allow",
      reason: "It is worth it.",
    },
    {
      point: "testing.won",
      kind: "observe",
      plugin: "rules",
      stage: "normal",
      milliseconds,
      error: { code: "CRM_HOOK_FAILED", message: expect.stringContaining("no bells") },
    },
  ]);
  expect(storage.units).toEqual(["begin", "rollback"]);
});

test("says who refused, and why", async () => {
  const { kernel, storage } = await start();
  const { outcome, error, steps } = await kernel.explain(Win, { sum: "0" });
  expect({ outcome, error }).toEqual({
    outcome: "refused",
    error: { code: "CRM_HOOK_REFUSED", message: expect.stringContaining("nothing to win") },
  });
  expect(steps.at(-1)).toMatchObject({ plugin: "rules", verdict: "deny", reason: "There is nothing to win." });
  expect(storage.units).toEqual(["begin", "rollback"]);
});

test("says what fails: a wrong input, an unknown operation", async () => {
  const { kernel } = await start();
  expect(await kernel.explain(Win, {})).toMatchObject({ outcome: "failed", error: { code: "CRM_BUS_INVALID_INPUT" } });
  await expect(kernel.bus.ask(ExplainOperation, { operation: "testing.nothing.do", input: {} })).rejects.toMatchObject({
    code: "CRM_BUS_NO_HANDLER",
    status: 404,
  });
});

test("answers over the bus to those who may ask, and tries queries too", async () => {
  const { kernel } = await start();
  expect(await kernel.bus.ask(ExplainOperation, { operation: "testing.deal.peek", input: { sum: "1" } })).toMatchObject(
    {
      outcome: "allowed",
      output: "nothing",
      steps: [],
    },
  );
  const asPlugin = {
    actor: { kind: "plugin" as const, id: "curious" },
    subject: { kind: "plugin" as const, id: "curious", tenantId: "default", roles: [], teams: [], permissions: [] },
  };
  await expect(
    kernel.run(() => kernel.bus.ask(ExplainOperation, { operation: "testing.deal.peek", input: {} }), asPlugin),
  ).rejects.toMatchObject({ code: "CRM_IAM_FORBIDDEN" });
});

test("refuses what commits by itself", async () => {
  const { kernel } = await start();
  await expect(kernel.explain(Import, { sum: "1" })).rejects.toMatchObject({
    code: "CRM_KERNEL_UNEXPLAINABLE",
    status: 409,
  });
});

test("several explanations at once don't mix, and nothing else is written down", async () => {
  const { kernel } = await start();
  const [one, two] = await Promise.all([
    kernel.explain(Win, { sum: "1" }),
    kernel.explain(Win, { sum: "2" }),
    kernel.bus.dispatch(Win, { sum: "3" }),
  ]);
  expect([one.steps.length, two.steps.length, one.output, two.output]).toEqual([4, 4, "1.00 for 7", "2.00 for 7"]);
});
