import { runOutsideUnitOfWork } from "@crmessenger/kernel";
import { Settings, UnitOfWork } from "@crmessenger/kernel/infrastructure";
import { createGate, createTestClock, createTestKernel, eventually } from "@crmessenger/testing";
import { expect, test } from "vitest";
import { memory } from "../plugin.ts";

test("refuses a call that steps out of an open unit of work, instead of waiting for itself", async () => {
  await using kernel = await createTestKernel({ plugins: [memory()] });
  const [units, settings] = [kernel.get(UnitOfWork), kernel.get(Settings)];
  const outside = () => runOutsideUnitOfWork(() => settings.set("testing.key", "outside"));
  await expect(
    units.run(async () => {
      await settings.set("testing.key", "inside");
      await outside();
    }),
  ).rejects.toMatchObject({ code: "CRM_UOW_OUTSIDE" });
  const left = await units.run(async () => [outside] as const);
  await left[0]();
  expect(await settings.get("testing.key")).toBe("outside");
});

test("gives a unit of work thirty seconds unless told otherwise", async () => {
  const clock = createTestClock();
  await using kernel = await createTestKernel({ plugins: [memory()], clock });
  const units = kernel.get(UnitOfWork);
  const ends: string[] = [];
  const stuck = (name: string, deadlineMs?: number) =>
    units
      .run(() => new Promise(() => undefined), deadlineMs === undefined ? {} : { deadlineMs })
      .catch((error: { code: string }) => ends.push(`${name} ${error.code}`));
  void stuck("default");
  void stuck("short", 1_000);
  await clock.advance(999);
  expect(ends).toEqual([]);
  await clock.advance(1);
  expect(ends).toEqual(["short CRM_UOW_DEADLINE"]);
  await clock.advance(29_000);
  expect(ends).toEqual(["short CRM_UOW_DEADLINE", "default CRM_UOW_DEADLINE"]);
});

test("lets one who waits for its turn run out of time without losing the turn of the others", async () => {
  const clock = createTestClock();
  await using kernel = await createTestKernel({ plugins: [memory()], clock });
  const [units, settings] = [kernel.get(UnitOfWork), kernel.get(Settings)];
  const [holds, letGo] = [createGate(), createGate()];
  const holder = units.run(async () => {
    await settings.set("testing.key", 1);
    holds.open();
    await letGo.opened;
  });
  await holds.opened;
  const impatient = units
    .run(() => settings.set("testing.key", 2), { deadlineMs: 10 })
    .catch((error: unknown) => error);
  const patient = units.run(() => settings.set("testing.key", 3));
  await clock.advance(10);
  expect(await impatient).toMatchObject({ code: "CRM_UOW_DEADLINE" });
  letGo.open();
  await Promise.all([holder, patient]);
  expect(await settings.get("testing.key")).toBe(3);
});

test("keeps two kernels apart", async () => {
  await using one = await createTestKernel({ plugins: [memory()] });
  await using other = await createTestKernel({ plugins: [memory()] });
  await one.get(Settings).set("testing.key", "one");
  expect(await other.get(Settings).get("testing.key")).toBeUndefined();
});

test("logs what fails after a commit", async () => {
  await using kernel = await createTestKernel({ plugins: [memory()] });
  await kernel
    .get(UnitOfWork)
    .run(async (unit) => unit.afterCommit(() => Promise.reject(new Error("the postman fell ill"))));
  await eventually(() =>
    expect(kernel.log.lines).toContainEqual(
      expect.objectContaining({ level: "error", message: expect.stringContaining("the postman fell ill") }),
    ),
  );
});
