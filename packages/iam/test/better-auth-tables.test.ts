import type { CleanedWhere } from "@better-auth/core/db/adapter";
import { UserRepository } from "@crmessenger/kernel/iam";
import { Collections, defineCollection } from "@crmessenger/kernel/infrastructure";
import { expect, test } from "vitest";
import { z } from "zod";
import { CollectionTable } from "../src/better-auth/collection-table.ts";
import { tablesAdapter } from "../src/better-auth/tables-adapter.ts";
import { UserTable } from "../src/better-auth/user-table.ts";
import { startIam } from "./iam-world.ts";

const is = (field: string, value: string, connector: "AND" | "OR" = "AND"): CleanedWhere => ({
  field,
  value,
  operator: "eq",
  connector,
  mode: "sensitive",
});
const rows = defineCollection("test.rows", { schema: z.looseObject({ owner: z.string() }) });

test("rows of a table are found, changed and deleted by any field", async () => {
  await using world = await startIam();
  const table = new CollectionTable(world.kernel.get(Collections).open(rows), { field: "id", secret: false });
  for (const id of ["1", "2", "3"]) await table.insert({ id, owner: id === "3" ? "eve" : "ada" });
  expect(await table.select([is("id", "1")])).toEqual([{ id: "1", owner: "ada" }]);
  expect(await table.select([is("id", "1"), is("owner", "eve")])).toEqual([]);
  expect(await table.select([is("owner", "ada")])).toHaveLength(2);
  expect(await table.select([is("id", "1", "OR"), is("id", "3", "OR")])).toHaveLength(2);
  expect(await table.update([is("owner", "ada")], { owner: "bob" })).toHaveLength(2);
  expect(await table.select([is("id", "2")])).toEqual([{ id: "2", owner: "bob" }]);
  expect(await table.update([is("id", "unknown")], { owner: "x" })).toEqual([]);
  expect(await table.delete([is("owner", "bob")])).toBe(2);
  expect(await table.select([])).toEqual([{ id: "3", owner: "eve" }]);
});

test("a secret key leaves no trace but its digest", async () => {
  await using world = await startIam();
  const collection = world.kernel.get(Collections).open(rows);
  const table = new CollectionTable(collection, { field: "token", secret: true });
  expect(await table.insert({ token: "s3cret", owner: "ada" })).toEqual({ token: "s3cret", owner: "ada" });
  expect(await table.select([is("token", "s3cret")])).toEqual([{ token: "s3cret", owner: "ada" }]);
  expect(await table.update([is("token", "s3cret")], { owner: "eve" })).toEqual([{ owner: "eve" }]);
  expect(await table.select([is("owner", "eve")])).toEqual([{ owner: "eve" }]);
  const stored = await collection.find({ op: "and", all: [] });
  expect(JSON.stringify(stored)).not.toContain("s3cret");
  const search: CleanedWhere = { ...is("token", ""), operator: "in", value: ["s3cret"] };
  await expect(table.select([search])).rejects.toThrow(/looked up by it, not searched/);
  await expect(table.insert({ owner: "ada" })).rejects.toThrow(/must be a string/);
  expect(await table.delete([is("token", "s3cret")])).toBe(1);
  expect(await table.delete([is("token", "s3cret")])).toBe(0);
});

test("users are read, the active ones, and never written", async () => {
  await using world = await startIam();
  const user = await world.user();
  const users = world.kernel.get(UserRepository);
  const table = new UserTable(users);
  expect(await table.select([is("email", user.email)])).toEqual([
    {
      id: user.id,
      email: user.email,
      name: user.name,
      emailVerified: true,
      image: null,
      createdAt: user.createdAt,
      updatedAt: user.updatedAt,
    },
  ]);
  await users.update({ ...user, active: false });
  expect(await table.select([is("email", user.email)])).toEqual([]);
  await expect(table.insert()).rejects.toThrow(/CreateUser or UpdateUser/);
  await expect(table.update()).rejects.toThrow(/CreateUser or UpdateUser/);
  await expect(table.delete()).rejects.toThrow(/CreateUser or UpdateUser/);
});

test("better-auth sees the tables through its adapter, and no others", async () => {
  await using world = await startIam();
  const account = new CollectionTable(
    world.kernel.get(Collections).open(defineCollection("test.accounts", { schema: z.looseObject({}) })),
    { field: "id", secret: false },
  );
  const adapter = tablesAdapter({ account })({});
  const times = { createdAt: new Date(0), updatedAt: new Date(0) };
  const created = await adapter.create<Record<string, unknown>>({
    model: "account",
    data: { userId: "u1", providerId: "credential", accountId: "u1", ...times },
  });
  const where = [{ field: "userId", value: "u1" }];
  expect(created).toMatchObject({ id: expect.any(String) as string, userId: "u1", createdAt: new Date(0) });
  expect(await adapter.findOne({ model: "account", where })).toMatchObject({ accountId: "u1", updatedAt: new Date(0) });
  expect(await adapter.findMany({ model: "account", where, limit: 10, offset: 1 })).toEqual([]);
  expect(await adapter.count({ model: "account", where })).toBe(1);
  expect(await adapter.update({ model: "account", where, update: { password: "hash" } })).toMatchObject({
    password: "hash",
  });
  expect(await adapter.updateMany({ model: "account", where, update: { password: "other" } })).toBe(1);
  await expect(
    adapter.findMany({ model: "account", where, sortBy: { field: "id", direction: "asc" } }),
  ).rejects.toThrow(/sorted by "id"/);
  await expect(adapter.findOne({ model: "verification", where: [] })).rejects.toThrow(
    /"verification", which is not kept here/,
  );
  await adapter.delete({ model: "account", where });
  expect(await adapter.deleteMany({ model: "account", where })).toBe(0);
});
