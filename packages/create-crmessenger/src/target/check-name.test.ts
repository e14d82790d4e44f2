import { expect, test } from "vitest";
import { packageNameProblem, pluginNameProblem } from "./check-name.ts";

test.each(["crm", "my-crm", "@shop/crm", "crm2", "a.b_c"])("%j is a name for a package", (name) => {
  expect(packageNameProblem(name)).toBeUndefined();
});

test.each(["", "Shop", "my crm", "-crm", ".crm", "_crm", "@shop", "@/crm", "node_modules", "x".repeat(215)])(
  "%j is no name for a package",
  (name) => {
    expect(packageNameProblem(name)).toMatch(/\.$/);
  },
);

test.each(["bonus", "loyal-customers", "b2b"])("%j is a name for a plugin", (name) => {
  expect(pluginNameProblem(name)).toBeUndefined();
});

test.each(["", "Bonus", "loyal_customers", "2b", "a--b", "a-", "@shop/bonus", "kernel"])(
  "%j is no name for a plugin",
  (name) => {
    expect(pluginNameProblem(name)).toMatch(/\.$/);
  },
);
