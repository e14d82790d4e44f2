import { type Collection, defineCollection, everything, where } from "@crmessenger/kernel/infrastructure";
import { expect } from "vitest";
import { z } from "zod";
import type { StorageHarness } from "./storage-harness.ts";
import { type StorageSuite, type StorageWorld, describeOn } from "./storage-world.ts";

/** What every Collections promises. */
export function describeCollections(harness: StorageHarness): void {
  describeOn(harness, "Collections", (suite) => {
    documents(suite);
    uniqueness(suite);
    versions(suite);
    finding(suite);
    units(suite);
  });
}

interface Link {
  readonly system: string;
  readonly remoteId: string | null;
  readonly weight: number;
  readonly owner?: { readonly id: string | null };
  readonly note?: string;
}

const Links = defineCollection<Link>("testing.links", {
  schema: z.object({
    system: z.string(),
    remoteId: z.string().nullable(),
    weight: z.number(),
    owner: z.object({ id: z.string().nullable() }).exactOptional(),
    note: z.string().exactOptional(),
  }),
  unique: { remote: ["system", "remoteId"], owner: ["owner.id"] },
  indexes: ["weight"],
});

const Others = defineCollection("testing.others", { schema: z.object({ text: z.string() }) });

const link = (remoteId: string | null, changes: Partial<Link> = {}): Link => ({
  system: "crm",
  remoteId,
  weight: 1,
  ...changes,
});

function open(world: StorageWorld): Collection<Link> {
  return world.collections.open(Links);
}

function documents({ test }: StorageSuite): void {
  test("keeps a document whole and counts its versions", async (world) => {
    const links = open(world);
    const value = link("r/1", { weight: 1.5, note: "день \u{1F600} \"'%_\\" });
    const first = await links.insert("k:1/ключ", value);
    expect(first).toEqual({ key: "k:1/ключ", version: 1, value });
    expect(await links.get("k:1/ключ")).toEqual(first);
    const second = await links.put("k:1/ключ", link("r/2"));
    expect(second).toEqual({ key: "k:1/ключ", version: 2, value: link("r/2") });
    expect(await links.get("k:1/ключ")).toEqual(second);
    expect(await links.delete("k:1/ключ")).toBe(true);
    expect(await links.delete("k:1/ключ")).toBe(false);
    expect(await links.get("k:1/ключ")).toBeUndefined();
  });

  test("gets and puts many at once; the last write of a key wins", async (world) => {
    const links = open(world);
    await links.putMany([]);
    await links.insert("a", link("old"));
    await links.putMany([
      { key: "a", value: link("1") },
      { key: "b", value: link("2") },
      { key: "c", value: link("lost") },
      { key: "c", value: link("3") },
    ]);
    const found = await links.getMany(["a", "b", "c", "missing"]);
    expect(found.map(({ key, value }) => [key, value.remoteId]).toSorted()).toEqual([
      ["a", "1"],
      ["b", "2"],
      ["c", "3"],
    ]);
    expect((await links.get("a"))?.version).toBe(2);
    expect(await links.getMany([])).toEqual([]);
  });

  test("writes hundreds of documents at once", async (world) => {
    const links = open(world);
    await links.putMany(
      Array.from({ length: 500 }, (_, index) => ({
        key: `key-${index}`,
        value: link(`r-${index}`, { weight: index }),
      })),
    );
    expect((await links.find(where("weight").gte(490), { limit: 500 })).items).toHaveLength(10);
  });

  test("keeps collections and tenants apart", async (world) => {
    const [links, others] = [open(world), world.collections.open(Others)];
    await links.insert("same", link("1"));
    await others.insert("same", { text: "other" });
    expect(await others.get("same")).toMatchObject({ value: { text: "other" } });
    await world.inTenant(world.unique("tenant"), async () => {
      expect(await links.get("same")).toBeUndefined();
      expect(await links.getMany(["same"])).toEqual([]);
      expect((await links.find(everything)).items).toEqual([]);
      expect(await links.delete("same")).toBe(false);
      await links.insert("same", link("1"));
    });
    expect(await links.get("same")).toMatchObject({ version: 1, value: link("1") });
  });

  test("hands out copies", async (world) => {
    const links = open(world);
    const value = { ...link("1"), owner: { id: "me" } };
    await links.insert("a", value);
    value.owner.id = "smuggled in";
    const read = await links.get("a");
    Reflect.set(read?.value.owner as object, "id", "smuggled in");
    expect((await links.get("a"))?.value.owner).toEqual({ id: "me" });
  });
}

function uniqueness({ test }: StorageSuite): void {
  const duplicate = (constraint?: string) =>
    expect.objectContaining({
      code: "CRM_STORAGE_DUPLICATE",
      status: 409,
      ...(constraint === undefined ? {} : { details: expect.objectContaining({ constraint }) }),
    });

  test("refuses a taken key and a taken combination, naming the constraint", async (world) => {
    const links = open(world);
    await links.insert("a", link("1", { owner: { id: "me" } }));
    await expect(links.insert("a", link("2"))).rejects.toEqual(duplicate());
    await expect(links.insert("b", link("1"))).rejects.toEqual(duplicate("remote"));
    await expect(links.put("b", link("1"))).rejects.toEqual(duplicate("remote"));
    await expect(links.putMany([{ key: "b", value: link("1") }])).rejects.toEqual(duplicate("remote"));
    await expect(links.insert("b", link("2", { owner: { id: "me" } }))).rejects.toEqual(duplicate("owner"));
    expect((await links.find(everything)).items).toHaveLength(1);
  });

  test("exempts documents where a part is null or missing", async (world) => {
    const links = open(world);
    await links.insert("a", link(null));
    await links.insert("b", link(null, { owner: { id: null } }));
    await links.insert("c", link(null, { owner: { id: null } }));
    expect((await links.find(everything)).items).toHaveLength(3);
  });

  test("frees a combination when its document changes or goes, and lets a document keep its own", async (world) => {
    const links = open(world);
    await links.insert("a", link("1"));
    await links.put("a", link("1", { weight: 2 }));
    await links.put("a", link("2"));
    await links.insert("b", link("1"));
    await links.delete("b");
    await links.insert("c", link("1"));
    expect((await links.get("c"))?.value.remoteId).toBe("1");
  });

  test("lets one of many concurrent inserts have the combination", async (world) => {
    const links = open(world);
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) => links.insert(`key-${index}`, link("same"))),
    );
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const result of results) if (result.status === "rejected") expect(result.reason).toEqual(duplicate("remote"));
  });
}

function versions({ test }: StorageSuite): void {
  const conflict = { code: "CRM_STORAGE_VERSION_CONFLICT", status: 409 };

  test("replaces only the expected version; 0 expects nothing there", async (world) => {
    const links = open(world);
    expect(await links.put("a", link("1"), { expectedVersion: 0 })).toMatchObject({ version: 1 });
    await expect(links.put("a", link("2"), { expectedVersion: 0 })).rejects.toMatchObject(conflict);
    expect(await links.put("a", link("2"), { expectedVersion: 1 })).toMatchObject({ version: 2 });
    await expect(links.put("a", link("3"), { expectedVersion: 1 })).rejects.toMatchObject(conflict);
    await expect(links.put("missing", link("4"), { expectedVersion: 1 })).rejects.toMatchObject(conflict);
    expect(await links.get("a")).toMatchObject({ version: 2, value: link("2") });
    expect(await links.get("missing")).toBeUndefined();
  });

  test("lets one of many concurrent writers of a version win", async (world) => {
    const links = open(world);
    await links.insert("a", link("0"));
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) => links.put("a", link(`${index}`), { expectedVersion: 1 })),
    );
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const result of results) if (result.status === "rejected") expect(result.reason).toMatchObject(conflict);
  });

  test("locks a document for a read and a write without a gap", async (world) => {
    const links = open(world);
    await links.insert("counter", link(null, { weight: 0 }));
    const increment = () =>
      world.units.run(async () => {
        const stored = await links.get("counter", { lock: true });
        await links.put("counter", link(null, { weight: (stored?.value.weight ?? Number.NaN) + 1 }));
      });
    await Promise.all(Array.from({ length: 10 }, increment));
    expect(await links.get("counter")).toMatchObject({ version: 11, value: { weight: 10 } });
  });
}

function finding({ test }: StorageSuite): void {
  test("finds by fields and paths, sorted and in pages", async (world) => {
    const links = open(world);
    for (const [index, weight] of [3, 1, 2, 5, 4].entries())
      await links.insert(
        `key-${index}`,
        link(`r-${index}`, { weight, owner: { id: weight > 2 ? `owner-${weight}` : null } }),
      );
    const sort = [{ field: "weight", direction: "asc" } as const];
    const first = await links.find(everything, { limit: 3, sort });
    const second = await links.find(everything, { limit: 3, sort, after: first.next as string });
    expect([...first.items, ...second.items].map(({ value }) => value.weight)).toEqual([1, 2, 3, 4, 5]);
    expect(second).not.toHaveProperty("next");
    expect((await links.find(where("owner.id").eq("owner-4"))).items.map(({ key }) => key)).toEqual(["key-4"]);
    expect((await links.find(where("owner.id").isNull(), { sort })).items.map(({ value }) => value.weight)).toEqual([
      1, 2,
    ]);
  });

  test("compares numbers as numbers", async (world) => {
    const links = open(world);
    for (const weight of [9, 10, 100, -1, 0.5]) await links.insert(`${weight}`, link(`${weight}`, { weight }));
    expect(
      (await links.find(where("weight").gt(9), { sort: [{ field: "weight", direction: "desc" }] })).items.map(
        ({ value }) => value.weight,
      ),
    ).toEqual([100, 10]);
  });
}

function units({ test }: StorageSuite): void {
  test("takes part in the unit of work", async (world) => {
    const links = open(world);
    await links.insert("kept", link("1"));
    const undone = world.units.run(async () => {
      await links.put("kept", link("2"));
      await links.insert("new", link("1"));
      await links.putMany([{ key: "many", value: link("3") }]);
      expect(await links.get("kept")).toMatchObject({ version: 2 });
      expect((await links.find(everything)).items).toHaveLength(3);
      await links.delete("kept");
      expect(await links.get("kept")).toBeUndefined();
      expect((await links.find(everything)).items).toHaveLength(2);
      throw new Error("no");
    });
    await expect(undone).rejects.toThrow("no");
    expect((await links.find(everything)).items).toEqual([{ key: "kept", version: 1, value: link("1") }]);
  });
}
