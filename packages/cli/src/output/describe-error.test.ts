import { CrmError } from "@crmessenger/kernel";
import { expect, test } from "vitest";
import { describeError } from "./describe-error.ts";

test("is the sentence with its code", () => {
  expect(describeError(new CrmError("CRM_TEST_BROKEN", "It is broken."))).toBe("It is broken. (CRM_TEST_BROKEN)");
});

test("names the code of what a plugin met", () => {
  const error = new CrmError("CRM_PLUGIN_START", "It did not start.", { details: { code: "CRM_DATABASE_LOCKED" } });
  expect(describeError(error)).toBe("It did not start. (CRM_DATABASE_LOCKED)");
});

test("shows no stack unless it is asked to", () => {
  const error = new TypeError("x is not a function");
  expect(describeError(error)).toBe("x is not a function\n(--verbose says where this comes from.)");
  expect(describeError(error, { verbose: true })).toMatch(/^ +at .*describe-error\.test/m);
  expect(describeError("just text")).toMatch(/^just text\n/);
});
