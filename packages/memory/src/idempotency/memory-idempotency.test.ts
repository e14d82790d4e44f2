import { DEFAULT_TENANT } from "@crmessenger/kernel";
import { Idempotency, UnitOfWork } from "@crmessenger/kernel/infrastructure";
import { createTestClock, createTestKernel } from "@crmessenger/testing";
import { expect, test } from "vitest";
import { memory } from "../plugin.ts";

const DAY_MS = 24 * 3_600_000;

test("remembers an answer for seven days", async () => {
  const clock = createTestClock();
  await using kernel = await createTestKernel({ plugins: [memory()], clock });
  const [idempotency, units] = [kernel.get(Idempotency), kernel.get(UnitOfWork)];
  const claim = { tenantId: DEFAULT_TENANT, actor: "user:1", operation: "sales.lead.create", key: "k", inputHash: "h" };
  const ask = () => units.run(() => idempotency.claim(claim));
  await units.run(async () => {
    await idempotency.claim(claim);
    await idempotency.complete(claim, "first");
  });
  await clock.advance(7 * DAY_MS - 1);
  expect(await ask()).toEqual({ output: "first" });
  await clock.advance(1);
  expect(await ask()).toBeUndefined();
});
