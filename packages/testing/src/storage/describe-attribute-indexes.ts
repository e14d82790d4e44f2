import { type Criteria, type Json, where } from "@crmessenger/kernel/infrastructure";
import type { Contact } from "@crmessenger/kernel/sales";
import { expect } from "vitest";
import { newContact } from "./sample-records.ts";
import type { StorageHarness } from "./storage-harness.ts";
import { type StorageSuite, type StorageWorld, describeOn } from "./storage-world.ts";

/** What every AttributeIndexes promises. */
export function describeAttributeIndexes(harness: StorageHarness): void {
  describeOn(harness, "AttributeIndexes", (suite) => {
    making(suite);
    uniqueness(suite);
    searching(suite);
  });
}

const store = (world: StorageWorld, field: string, value: Json): Promise<Contact> =>
  world.contacts.insert(newContact(world, { attributes: { [field]: value } }));

/** Fields have names of their own, since what is indexed is not divided by tenants everywhere. */
const fieldOf = (world: StorageWorld): string => `field${world.ids.next().replaceAll("-", "")}`;

const taken = { code: "CRM_STORAGE_DUPLICATE", status: 409 };

function making({ test }: StorageSuite): void {
  test("makes an index once, and says that it is ready", async (world) => {
    const field = fieldOf(world);
    await store(world, field, "a");
    for (let time = 0; time < 2; time += 1)
      await world.attributeIndexes.ensure({ entity: "contact", field, kind: "text" });
    const states = await world.attributeIndexes.states("contact");
    expect(states).toMatchObject([{ entity: "contact", field, kind: "text", status: "ready", progress: 1 }]);
    expect(await world.attributeIndexes.states("lead")).toEqual([]);
    expect(await world.attributeIndexes.states()).toHaveLength(1);
    expect(await world.inTenant("elsewhere", () => world.attributeIndexes.states("contact"))).toEqual([]);
  });

  test("drops an index, and says whether there was one", async (world) => {
    const index = { entity: "contact", field: fieldOf(world) };
    await world.attributeIndexes.ensure({ ...index, kind: "number", unique: true });
    expect(await world.attributeIndexes.drop(index)).toBe(true);
    expect(await world.attributeIndexes.drop(index)).toBe(false);
    expect(await world.attributeIndexes.states()).toEqual([]);
    await store(world, index.field, 1);
    await store(world, index.field, 1);
  });

  test("replaces an index by another one of the same field", async (world) => {
    const [entity, field] = ["contact", fieldOf(world)];
    await world.attributeIndexes.ensure({ entity, field, kind: "text", unique: true });
    await world.attributeIndexes.ensure({ entity, field, kind: "number" });
    expect(await world.attributeIndexes.states()).toMatchObject([{ field, kind: "number", status: "ready" }]);
    await store(world, field, "a");
    await store(world, field, "a");
  });

  test("refuses what has no custom fields, and work inside a unit", async (world) => {
    const { attributeIndexes, units } = world;
    await expect(attributeIndexes.ensure({ entity: "nobody", field: "a", kind: "text" })).rejects.toMatchObject({
      code: "CRM_ATTRIBUTE_INDEX_ENTITY",
      status: 422,
    });
    const list = attributeIndexes.ensure({ entity: "contact", field: "a", kind: "list", unique: true });
    await expect(list).rejects.toMatchObject({ code: "CRM_ATTRIBUTE_INDEX_UNIQUE", status: 422 });
    const inside = units.run(() => attributeIndexes.ensure({ entity: "contact", field: "a", kind: "text" }));
    await expect(inside).rejects.toMatchObject({ code: "CRM_ATTRIBUTE_INDEX_IN_UNIT" });
    expect(await attributeIndexes.states()).toEqual([]);
  });
}

function uniqueness({ test }: StorageSuite): void {
  for (const [kind, value, other] of [
    ["text", "a", "A"],
    ["number", 1, 1.5],
    ["date", "2026-01-31", "2026-02-01"],
  ] as const) {
    test(`keeps a ${kind} unique among live entities of a tenant`, async (world) => {
      const field = fieldOf(world);
      await world.attributeIndexes.ensure({ entity: "contact", field, kind, unique: true });
      const first = await store(world, field, value);
      const second = await store(world, field, other);
      await expect(store(world, field, value)).rejects.toMatchObject(taken);
      await expect(world.contacts.update({ ...second, attributes: { [field]: value } })).rejects.toMatchObject(taken);
      await world.inTenant(`${world.tenantId}-2`, () => store(world, field, value));
      await world.contacts.update({ ...second, attributes: {} });
      await store(world, field, other);
      await world.contacts.remove(first);
      await store(world, field, value);
    });
  }

  test("lets any number of entities be without a value, or with one of another kind", async (world) => {
    const field = fieldOf(world);
    await world.attributeIndexes.ensure({ entity: "contact", field, kind: "number", unique: true });
    for (const value of [null, "1", "1", true, [1], { a: 1 }]) await store(world, field, value);
    await store(world, "other", 1);
    expect(await world.contacts.count(where<Contact>("name").ne(""))).toBe(7);
  });

  test("tells long texts apart that begin alike", async (world) => {
    const field = fieldOf(world);
    await world.attributeIndexes.ensure({ entity: "contact", field, kind: "text", unique: true });
    const long = "я".repeat(20_000);
    await store(world, field, `${long}a`);
    await store(world, field, `${long}b`);
    await expect(store(world, field, `${long}a`)).rejects.toMatchObject(taken);
  });

  test("refuses to make unique what is not, says which values, and can be asked again", async (world) => {
    const index = { entity: "contact", field: fieldOf(world), kind: "text", unique: true } as const;
    const contacts: Contact[] = [];
    for (const value of ["b", "a", "b", "c", "a"]) contacts.push(await store(world, index.field, value));
    await expect(world.attributeIndexes.ensure(index)).rejects.toMatchObject({
      ...taken,
      details: { field: index.field },
    });
    const refused = await world.attributeIndexes.ensure(index).then(
      () => [],
      (error: unknown) => (error as { details: { values: readonly string[] } }).details.values,
    );
    expect([...refused].toSorted()).toEqual(["a", "b"]);
    const [state] = await world.attributeIndexes.states();
    expect(state).toMatchObject({ status: "failed" });
    expect(state?.failure).toBeTruthy();
    await store(world, index.field, "c");
    for (const contact of await rest(world, index.field)) await world.contacts.remove(contact);
    await world.attributeIndexes.ensure(index);
    expect(await world.attributeIndexes.states()).toMatchObject([{ status: "ready" }]);
  });
}

/** All but one of the contacts that share a value. */
async function rest(world: StorageWorld, field: string): Promise<readonly Contact[]> {
  const { items } = await world.contacts.find(where<Contact>("name").ne(""));
  const byValue = Map.groupBy(items, ({ attributes }) => attributes[field]);
  return [...byValue.values()].flatMap(([, ...others]) => others);
}

function searching({ test }: StorageSuite): void {
  test("changes what nothing finds: values of other kinds, long texts and nulls included", async (world) => {
    const field = fieldOf(world);
    const long = "l".repeat(600);
    const plain = ["a", "B", "", `${long}a`, `${long}b`, long, 1, 2, -0.5, true, false, null, "1", "1.50"];
    const values = [...plain, ["a"], ["b", 1], [], { a: "1999.90" }, { a: 7 }, { a: ["a"] }];
    for (const value of values) await store(world, field, value);
    const path = `attributes.${field}` as const;
    const conditions: readonly Criteria[] = [
      ...["a", "1", `${long}a`, 1, true].flatMap((value) => [
        where(path).eq(value),
        where(path).ne(value),
        where(path).gt(value),
        where(path).lte(value),
      ]),
      where(path).in(["a", 2, false, `${long}b`]),
      where(path).startsWith("l"),
      where(path).startsWith(`${long}a`),
      where(path).contains("b"),
      where(path).between("B", `${long}a`),
      where(path).isNull(),
      ...["a", 1, "z", true].map((value) => where(path).includes(value)),
      where(`${path}.a`).gt(8),
      where(`${path}.a`).lte(1999.9),
      where(`${path}.a`).eq(7),
      where(`${path}.a`).includes("a"),
    ];
    const sort = [{ field: path, direction: "asc" }] as const;
    const answers = async () => {
      const counts = [];
      for (const condition of conditions) counts.push(await world.contacts.count(condition));
      const { items } = await world.contacts.find(where(path).gte(""), { sort });
      return { counts, sorted: items.map(({ attributes }) => attributes[field]) };
    };
    const before = await answers();
    for (const kind of ["text", "number", "boolean", "list"] as const) {
      await world.attributeIndexes.ensure({ entity: "contact", field, kind });
      expect(await answers()).toEqual(before);
    }
    for (const kind of ["number", "list"] as const) {
      await world.attributeIndexes.ensure({ entity: "contact", field: `${field}.a`, kind });
      expect(await answers()).toEqual(before);
    }
    expect(before.sorted).toEqual(["", "1", "1.50", "B", "a", long, `${long}a`, `${long}b`]);
  });

  test("sorts in both directions, page by page, with what has no value of the kind at the end", async (world) => {
    const field = fieldOf(world);
    const values = ["b", 3, "a", null, "c", true, "a", 1, "2.50", "10"];
    const stored: Contact[] = [];
    for (const value of values) stored.push(await store(world, field, value));
    const listed = async (kind: "text" | "number", direction: "asc" | "desc") => {
      const sort = [{ field: `attributes.${field}`, direction, kind }] as const;
      const found: Contact[] = [];
      let after: string | undefined;
      do {
        const page = { limit: 3, sort, ...(after === undefined ? {} : { after }) };
        const { items, next } = await world.contacts.find(where<Contact>("name").ne(""), page);
        found.push(...items);
        after = next;
      } while (after !== undefined);
      return found.map(({ id }) => stored.findIndex((contact) => contact.id === id));
    };
    const answers = {
      "text asc": [9, 8, 2, 6, 0, 4, 1, 3, 5, 7],
      "text desc": [4, 0, 6, 2, 8, 9, 7, 5, 3, 1],
      "number asc": [7, 8, 1, 9, 0, 2, 3, 4, 5, 6],
      "number desc": [9, 1, 8, 7, 6, 5, 4, 3, 2, 0],
    };
    const ask = async () => ({
      "text asc": await listed("text", "asc"),
      "text desc": await listed("text", "desc"),
      "number asc": await listed("number", "asc"),
      "number desc": await listed("number", "desc"),
    });
    expect(await ask()).toEqual(answers);
    for (const kind of ["text", "number"] as const) {
      await world.attributeIndexes.ensure({ entity: "contact", field, kind });
      expect(await ask()).toEqual(answers);
    }
  });
}
