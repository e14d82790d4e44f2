import type { Team } from "@crmessenger/kernel/iam";
import { expect, test } from "vitest";
import { treeOf, withTeamsBelow } from "./team-tree.ts";

const team = (id: string, parentId: string | null): Team => ({
  id,
  parentId,
  name: id,
  tenantId: "t",
  version: 1,
  createdAt: "",
  updatedAt: "",
  deletedAt: null,
});
const tree = treeOf([team("a", null), team("b", "a"), team("c", "b"), team("d", "a"), team("e", null)]);

test("a team reaches everything below it, and nothing above or beside", () => {
  expect([...withTeamsBelow(["a"], tree)].toSorted()).toEqual(["a", "b", "c", "d"]);
  expect([...withTeamsBelow(["b", "e"], tree)].toSorted()).toEqual(["b", "c", "e"]);
  expect([...withTeamsBelow(["unknown"], tree)]).toEqual(["unknown"]);
  expect([...withTeamsBelow([], tree)]).toEqual([]);
});

test("a tangled tree ends all the same", () => {
  expect([...withTeamsBelow(["a"], treeOf([team("a", "b"), team("b", "a")]))].toSorted()).toEqual(["a", "b"]);
});
