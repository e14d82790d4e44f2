import { expect, test } from "vitest";
import { preferredType } from "./preferred-type.ts";

test.each([
  [undefined, "application/json"],
  ["*/*", "application/json"],
  ["text/csv", "text/csv"],
  ["text/*, application/json;q=0.5", "text/csv"],
  ["text/csv;q=0, */*", "application/json"],
  ["text/html, application/xhtml+xml, */*;q=0.8", "application/json"],
])("of JSON and CSV, %s prefers %s", (accept, type) => {
  expect(preferredType(accept, ["application/json", "text/csv"])).toBe(type);
});

test("nothing fits a request for pictures alone", () => {
  expect(() => preferredType("image/*", ["application/json"])).toThrow(
    expect.objectContaining({ code: "CRM_REPORT_FORMAT" }),
  );
});
