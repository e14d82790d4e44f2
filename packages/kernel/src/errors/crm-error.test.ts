import { expect, test } from "vitest";
import { CrmError, isCrmError, toCrmError } from "./crm-error.ts";

test("an error carries code, status, details and whether a retry helps, and crosses processes as plain data", () => {
  const cause = new Error("the wire broke");
  const error = new CrmError("CRM_TEST_FLOOD", "Wait a little.", {
    status: 429,
    retryable: true,
    retryAfterMs: 5_000,
    details: { limit: 7 },
    cause,
  });
  expect(error.cause).toBe(cause);
  const plain: unknown = JSON.parse(JSON.stringify(error));
  expect(plain).toEqual({
    code: "CRM_TEST_FLOOD",
    message: "Wait a little.",
    status: 429,
    retryable: true,
    retryAfterMs: 5_000,
    details: { limit: 7 },
  });
});

test("without options it is final and the server's fault", () => {
  const error = new CrmError("CRM_TEST_BROKEN", "Broken.");
  expect(error).toMatchObject({ status: 500, retryable: false, details: {} });
  expect([error.retryAfterMs, error.cause]).toEqual([undefined, undefined]);
  expect(error.toJSON()).not.toHaveProperty("retryAfterMs");
});

test("it is recognised by its name and code, of whatever copy of the package", () => {
  const foreign = Object.assign(new Error("from another copy"), { name: "CrmError", code: "CRM_TEST_FLOOD" });
  expect([isCrmError(foreign), isCrmError(foreign, "CRM_TEST_FLOOD"), isCrmError(foreign, "CRM_TEST_OTHER")]).toEqual([
    true,
    true,
    false,
  ]);
  for (const thing of [
    new Error("plain"),
    Object.assign(new Error("no code"), { name: "CrmError" }),
    { name: "CrmError", code: "X" },
    null,
    undefined,
    "CRM_TEST_FLOOD",
  ])
    expect(isCrmError(thing)).toBe(false);
});

test("anything thrown becomes one", () => {
  const known = new CrmError("CRM_TEST_BROKEN", "Broken.");
  expect(toCrmError(known)).toBe(known);
  const cause = new TypeError("x is not a function");
  expect(toCrmError(cause)).toMatchObject({
    code: "CRM_KERNEL_UNEXPECTED",
    message: "Unexpected failure: x is not a function",
    cause,
  });
  expect(toCrmError("just text").message).toBe("Unexpected failure: just text");
});
