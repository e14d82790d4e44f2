import { expect, test } from "vitest";
import {
  DEFAULT_TENANT,
  executionContext,
  requireUnitOfWork,
  runInContext,
  runOutsideUnitOfWork,
  runWithContext,
} from "./execution-context.ts";

test("outside any operation the system acts in the default tenant", () => {
  expect(executionContext()).toMatchObject({ tenantId: DEFAULT_TENANT, actor: { kind: "system" }, causationId: null });
  expect(executionContext().unitOfWork).toBeUndefined();
});

test("changes hold for the work and all that it awaits, and for nothing besides", async () => {
  const before = executionContext();
  const seen: string[] = [];
  const work = (tenantId: string) =>
    runInContext({ tenantId }, async () => {
      await new Promise((resolve) => setImmediate(resolve));
      runInContext({ locale: "lv" }, () => seen.push(`${executionContext().tenantId} ${executionContext().locale}`));
      seen.push(`${executionContext().tenantId} ${executionContext().locale}`);
    });
  await Promise.all([work("a"), work("b")]);
  expect(seen).toEqual(["a lv", "a en", "b lv", "b en"]);
  expect(executionContext()).toBe(before);
});

test("work can leave the unit of work, and nothing else", () => {
  const unitOfWork = {};
  runInContext({ unitOfWork, tenantId: "a" }, () => {
    expect(requireUnitOfWork("A test")).toBe(unitOfWork);
    runOutsideUnitOfWork(() => expect(executionContext()).toEqual({ ...executionContext(), tenantId: "a" }));
    runOutsideUnitOfWork(() =>
      expect(() => requireUnitOfWork("An event")).toThrow(
        expect.objectContaining({ code: "CRM_UOW_REQUIRED", message: expect.stringContaining("An event") }),
      ),
    );
  });
});

test("a whole context can be taken on, for those who batch the work of others", () => {
  const context = runInContext({ tenantId: "a", correlationId: "c" }, executionContext);
  expect(runInContext({ tenantId: "b", locale: "lv" }, () => runWithContext(context, executionContext))).toBe(context);
});
