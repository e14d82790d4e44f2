import { expect, test } from "vitest";
import { checkNode } from "./check-node.ts";

test.each([
  ["22.18.0", "well"],
  ["24.1.0", "well"],
  ["100.0.0", "well"],
  ["22.17.9", "problem"],
  ["20.19.0", "problem"],
])("Node.js %s is a %s", (version, verdict) => {
  expect(checkNode(version).verdict).toBe(verdict);
});
