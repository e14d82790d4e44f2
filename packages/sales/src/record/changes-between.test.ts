import { expect, test } from "vitest";
import { changesBetween } from "./changes-between.ts";

const envelope = { id: "1", tenantId: "t", version: 1, createdAt: "x", updatedAt: "x", deletedAt: null };

test("names what differs, custom fields one by one", () => {
  const before = { ...envelope, title: "a", ownerId: null, attributes: { size: "L", colour: "red", gone: 1 } };
  const after = {
    ...envelope,
    version: 2,
    updatedAt: "y",
    title: "b",
    ownerId: null,
    attributes: { size: "L", colour: "blue", tags: ["x"] },
  };
  expect(changesBetween(before, after)).toEqual({
    title: { from: "a", to: "b" },
    "attributes.colour": { from: "red", to: "blue" },
    "attributes.gone": { from: 1, to: null },
    "attributes.tags": { from: null, to: ["x"] },
  });
});

test("a new entity changes from nothing", () => {
  expect(changesBetween(undefined, { ...envelope, title: "a", ownerId: null, attributes: {} })).toEqual({
    title: { from: null, to: "a" },
  });
});

test("equal states differ in nothing, however their objects are made", () => {
  expect(changesBetween({ source: { a: 1, b: [2] } }, { source: { b: [2], a: 1 } })).toEqual({});
});
