import { expect, test } from "vitest";
import { createConfigProxy } from "./config-proxy.ts";

const environment: Record<string, string | undefined> = { API_ID: "42", EMPTY: "", OTHER_SECRET: "not yours" };
const proxy = () =>
  createConfigProxy(
    "telegram",
    { API_ID: { secret: false }, API_HASH: { secret: true }, EMPTY: { secret: false } },
    environment,
  );

test("shows what was declared", () => {
  expect([proxy().get("API_ID"), proxy().get("API_HASH"), proxy().require("API_ID")]).toEqual(["42", undefined, "42"]);
  expect(proxy().names()).toEqual(["API_ID", "API_HASH", "EMPTY"]);
});

test("shows nothing else, whatever the environment holds", () => {
  for (const name of ["OTHER_SECRET", "toString", "__proto__", ""]) {
    expect(() => proxy().get(name)).toThrow(
      expect.objectContaining({ code: "CRM_CONFIG_UNDECLARED", details: { plugin: "telegram", name } }),
    );
  }
});

test("says which variable to set", () => {
  for (const name of ["API_HASH", "EMPTY"]) {
    expect(() => proxy().require(name)).toThrow(
      expect.objectContaining({ code: "CRM_CONFIG_MISSING", message: expect.stringContaining(name) }),
    );
  }
});

test("keeps what it saw when the environment changes", () => {
  const kept = proxy();
  environment["API_ID"] = "43";
  expect(kept.get("API_ID")).toBe("42");
  environment["API_ID"] = "42";
});
