import { defineCollection, everything, where } from "@crmessenger/kernel/infrastructure";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { places, servicesOn, sharedServices } from "./places.ts";
import type { Services } from "./services.ts";

const schema = z.object({
  system: z.string(),
  remoteId: z.string().nullable(),
  owner: z.object({ id: z.string() }).exactOptional(),
});

const link = (remoteId: string | null, system = "crm") => ({ system, remoteId });

async function indexes({ database }: Services): Promise<readonly string[]> {
  const { rows } = await database.query<{ indexdef: string }>(
    "select indexdef from pg_indexes where tablename = 'documents' and indexname <> 'documents_pkey' order by indexdef",
  );
  return rows.map(({ indexdef }) => indexdef);
}

for (const [name, create] of Object.entries(places)) {
  describe(`Collections on ${name}`, () => {
    const shared = sharedServices(create);

    test("refuse documents that do not fit, and say where", async () => {
      const links = shared().collections.open(defineCollection("testing.checked", { schema }));
      const misfit = { system: "crm", remoteId: 5 } as never;
      const refused = {
        code: "CRM_COLLECTION_INVALID",
        status: 422,
        details: { collection: "testing.checked", issues: [{ path: "remoteId" }] },
      };
      await expect(links.insert("a", misfit)).rejects.toMatchObject(refused);
      await expect(links.put("a", misfit)).rejects.toMatchObject(refused);
      await expect(
        links.putMany([
          { key: "a", value: link("1") },
          { key: "b", value: misfit },
        ]),
      ).rejects.toMatchObject(refused);
      expect(await links.getMany(["a", "b"])).toEqual([]);
    });

    test("refuse names that could not be told apart from SQL, and two definitions of one name", () => {
      const { collections } = shared();
      expect(() => collections.open(defineCollection("testing'; drop table documents", { schema }))).toThrow(
        expect.objectContaining({ code: "CRM_COLLECTION_DEFINITION" }),
      );
      collections.open(defineCollection("testing.twice", { schema, indexes: ["system"] }));
      collections.open(defineCollection("testing.twice", { schema, indexes: ["system"] }));
      expect(() => collections.open(defineCollection("testing.twice", { schema, indexes: ["remoteId"] }))).toThrow(
        expect.objectContaining({ code: "CRM_COLLECTION_DEFINITION" }),
      );
    });

    test("leave the unit of work usable after an insert that found its place taken", async () => {
      const { collections, unitOfWork } = shared();
      const links = collections.open(
        defineCollection("testing.usable", { schema, unique: { remote: ["system", "remoteId"] } }),
      );
      await links.insert("a", link("1"));
      await unitOfWork.run(async () => {
        await expect(links.insert("a", link("2"))).rejects.toMatchObject({
          code: "CRM_STORAGE_DUPLICATE",
          details: { constraint: "key" },
        });
        await expect(links.insert("b", link("1"))).rejects.toMatchObject({
          code: "CRM_STORAGE_DUPLICATE",
          details: { constraint: "remote" },
        });
        await links.insert("c", link("3"));
      });
      expect((await links.find(everything)).items.map(({ key }) => key)).toEqual(["c", "a"]);
    });

    test("make their indexes in a unit of work when they are opened and used in one", async () => {
      const { collections, unitOfWork } = shared();
      const definition = defineCollection("testing.late", { schema, unique: { remote: ["remoteId"] } });
      await unitOfWork.run(() => collections.open(definition).insert("a", link("1")));
      await expect(collections.open(definition).insert("b", link("1"))).rejects.toMatchObject({
        code: "CRM_STORAGE_DUPLICATE",
        details: { constraint: "remote" },
      });
    });

    test("tell values of different kinds apart, also in unique combinations", async () => {
      const anything = shared().collections.open(
        defineCollection("testing.kinds", { schema: z.object({ value: z.json() }), unique: { value: ["value"] } }),
      );
      for (const [key, value] of Object.entries({
        number: 1,
        text: "1",
        flag: true,
        word: "true",
        list: [1],
        object: { a: 1 },
      }))
        await anything.insert(key, { value });
      expect((await anything.find(where("value").eq(1))).items.map(({ key }) => key)).toEqual(["number"]);
      expect((await anything.find(where("value").eq("true"))).items.map(({ key }) => key)).toEqual(["word"]);
      await expect(anything.insert("again", { value: { a: 1 } })).rejects.toMatchObject({
        details: { constraint: "value" },
      });
    });

    test("answer a search for an indexed field from the index", async () => {
      const { collections, database } = shared();
      const links = collections.open(
        defineCollection("testing.indexed", { schema, indexes: ["remoteId", "owner.id"] }),
      );
      await links.putMany(
        Array.from({ length: 500 }, (_, n) => ({ key: `k${n}`, value: { ...link(`r${n}`), owner: { id: `o${n}` } } })),
      );
      await database.query("analyze documents");
      expect((await links.find(where("remoteId").eq("r7"))).items.map(({ key }) => key)).toEqual(["k7"]);
      expect((await links.find(where("owner.id").in(["o8", "o9"]))).items.map(({ key }) => key)).toEqual(["k9", "k8"]);
      const { rows } = await database.query<{ "QUERY PLAN": string }>(
        "explain select key from documents where collection = 'testing.indexed' and tenant_id = 'default' and ((value -> 'owner') -> $1::text) = $2::jsonb",
        ["id", '"o7"'],
      );
      expect(rows.map((row) => row["QUERY PLAN"]).join("\n")).toMatch(/Index.* documents_[0-9a-f]{12}_/);
    });

    test("give up the indexes that their definitions no longer ask for", async () => {
      const place = await create();
      const before = await servicesOn(place);
      const old = before.collections.open(
        defineCollection("testing.changed", { schema, unique: { remote: ["remoteId"] }, indexes: ["system"] }),
      );
      await old.insert("a", link("1"));
      expect(await indexes(before)).toHaveLength(2);
      await before.stop();
      const after = await servicesOn(place, {
        open: (collections) =>
          collections.open(defineCollection("testing.changed", { schema, unique: { remote: ["system", "remoteId"] } })),
      });
      expect(await indexes(after)).toEqual([expect.stringMatching(/UNIQUE.*'system'.*'remoteId'/)]);
      await after.collections
        .open(defineCollection("testing.changed", { schema, unique: { remote: ["system", "remoteId"] } }))
        .insert("b", link("1", "other"));
    });

    test("refuse to declare unique what is not", async () => {
      const place = await create();
      const before = await servicesOn(place);
      const old = before.collections.open(defineCollection("testing.doubled", { schema }));
      await old.putMany([
        { key: "a", value: link("1") },
        { key: "b", value: link("1") },
      ]);
      const now = before.collections.open(defineCollection("testing.other", { schema }));
      await now.insert("a", link("1"));
      await before.stop();
      const definition = defineCollection("testing.doubled", { schema, unique: { remote: ["remoteId"] } });
      await expect(servicesOn(place, { open: (collections) => collections.open(definition) })).rejects.toMatchObject({
        code: "CRM_COLLECTION_DUPLICATES",
        details: { collection: "testing.doubled", constraint: "remote" },
      });
    });
  });
}
