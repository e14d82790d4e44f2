import { expect, test } from "vitest";
import { z } from "zod";
import { createKernel } from "../boot/create-kernel.ts";
import { UnitOfWork } from "../infrastructure/unit-of-work.ts";
import { ProbeStorage } from "../probe-storage.test.fixture.ts";
import { defineEvent } from "./event-definition.ts";
import { EventDispatcher } from "./event-dispatcher.ts";

const Rang = defineEvent("bell.rang", { 1: z.object({ times: z.number() }) });

test("an event carries who, why, when and where", async () => {
  const storage = new ProbeStorage();
  const clock = { now: () => Date.UTC(2026, 0, 5, 9), sleep: async () => undefined, schedule: () => () => undefined };
  await using kernel = await createKernel({ plugins: [storage.plugin()], clock });
  const context = {
    tenantId: "t1",
    actor: { kind: "user" as const, id: "u1" },
    correlationId: "c1",
    causationId: "e0",
  };
  await kernel.run(
    () =>
      kernel
        .get(UnitOfWork)
        .run(() => kernel.get(EventDispatcher).dispatch(Rang, { type: "bell", id: "b1", version: 3 }, { times: 2 })),
    context,
  );
  expect(storage.events).toEqual([
    {
      ...context,
      id: expect.any(String),
      topic: "bell.rang",
      version: 1,
      aggregate: { type: "bell", id: "b1", version: 3 },
      payload: { times: 2 },
      occurredAt: "2026-01-05T09:00:00.000Z",
      position: 1,
    },
  ]);
});

test("a payload that does not fit is refused, and nothing is logged", async () => {
  const storage = new ProbeStorage();
  await using kernel = await createKernel({ plugins: [storage.plugin()] });
  const ring = () =>
    kernel.get(EventDispatcher).dispatch(Rang, { type: "bell", id: "b1" }, { times: "twice" } as never);
  await expect(kernel.get(UnitOfWork).run(ring)).rejects.toMatchObject({
    code: "CRM_EVENT_INVALID",
    details: { topic: "bell.rang", version: 1, issues: [{ path: "times", message: expect.any(String) }] },
  });
  expect(storage.events).toEqual([]);
});

test("outside a unit of work nothing is recorded, and without a log neither", async () => {
  const storage = new ProbeStorage();
  await using kernel = await createKernel({ plugins: [storage.plugin()] });
  await expect(
    kernel.get(EventDispatcher).dispatch(Rang, { type: "bell", id: "b1" }, { times: 1 }),
  ).rejects.toMatchObject({ code: "CRM_UOW_REQUIRED" });
  await using empty = await createKernel({ plugins: [] });
  await expect(
    empty.get(EventDispatcher).dispatch(Rang, { type: "bell", id: "b1" }, { times: 1 }),
  ).rejects.toMatchObject({ code: "CRM_KERNEL_MISSING_CONTRACT" });
});
