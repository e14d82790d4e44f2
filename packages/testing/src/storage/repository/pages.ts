import { everything, where } from "@crmessenger/kernel/infrastructure";
import type { Contact, Deal } from "@crmessenger/kernel/sales";
import { expect } from "vitest";
import { newContact, newDeal, newLead, newPipeline, newUser, storeLead } from "../sample-records.ts";
import type { StorageSuite, StorageWorld } from "../storage-world.ts";

export function pages({ test }: StorageSuite): void {
  const storeNames = async (world: StorageWorld, names: readonly string[]) => {
    for (const name of names) await world.contacts.insert(newContact(world, { name }));
  };
  const readPages = async (
    world: StorageWorld,
    request: Parameters<StorageWorld["contacts"]["find"]>[1],
    between?: () => Promise<unknown>,
  ) => {
    const found: Contact[] = [];
    let after: string | undefined;
    do {
      const page = await world.contacts.find(everything, { ...request, ...(after === undefined ? {} : { after }) });
      found.push(...page.items);
      after = page.next;
      if (after !== undefined) await between?.();
    } while (after !== undefined);
    return found;
  };

  test("answers newest first by default, fifty at a time", async (world) => {
    await storeNames(
      world,
      Array.from({ length: 52 }, (_, index) => `contact ${index}`),
    );
    const page = await world.contacts.find(everything);
    expect(page.items).toHaveLength(50);
    expect(page.items[0]?.name).toBe("contact 51");
    expect(page.items.map(({ id }) => id)).toEqual(
      page.items
        .map(({ id }) => id)
        .toSorted()
        .toReversed(),
    );
    const rest = await world.contacts.find(everything, { after: page.next as string });
    expect(rest.items.map(({ name }) => name)).toEqual(["contact 1", "contact 0"]);
    expect(rest).not.toHaveProperty("next");
  });

  test("ends exactly at the last full page", async (world) => {
    await storeNames(world, ["a", "b", "c", "d"]);
    const first = await world.contacts.find(everything, { limit: 2 });
    const second = await world.contacts.find(everything, { limit: 2, after: first.next as string });
    expect(second.items).toHaveLength(2);
    expect(second).not.toHaveProperty("next");
  });

  test("sorts text by code point, ties by id, and pages through it without gaps or repeats", async (world) => {
    const names = ["b", "B", "a", "é", "z", "Ä", "я", "\uFFFD", "😀", "", "a", "a", "a%", "a_", "10", "9"];
    await storeNames(world, names);
    const byCodePoint = names.toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
    const ascending = await readPages(world, { limit: 3, sort: [{ field: "name", direction: "asc" }] });
    expect(ascending.map(({ name }) => name)).toEqual(byCodePoint);
    expect(new Set(ascending.map(({ id }) => id)).size).toBe(names.length);
    const descending = await readPages(world, { limit: 3, sort: [{ field: "name", direction: "desc" }] });
    expect(descending.map(({ name }) => name)).toEqual(byCodePoint.toReversed());
    expect(new Set(descending.map(({ id }) => id)).size).toBe(names.length);
  });

  test("puts nulls last in both directions and pages across them", async (world) => {
    const owners = [await world.users.insert(newUser(world)), await world.users.insert(newUser(world))]
      .map(({ id }) => id)
      .toSorted();
    for (const ownerId of [null, owners[1], null, owners[0], null, owners[1]])
      await world.contacts.insert(newContact(world, { ownerId: ownerId ?? null }));
    const sorted = async (direction: "asc" | "desc") =>
      (await readPages(world, { limit: 2, sort: [{ field: "ownerId", direction }] })).map(({ ownerId }) => ownerId);
    expect(await sorted("asc")).toEqual([owners[0], owners[1], owners[1], null, null, null]);
    expect(await sorted("desc")).toEqual([owners[1], owners[1], owners[0], null, null, null]);
  });

  test("sorts by several keys, times included", async (world) => {
    const lead = await storeLead(world, { title: "b", statusSince: "2026-01-01T00:00:00.001Z" });
    const more = [
      ["a", "2026-01-01T00:00:00.002Z"],
      ["b", "2026-01-01T00:00:00.003Z"],
      ["a", "2026-01-01T00:00:00.010Z"],
    ] as const;
    for (const [title, statusSince] of more)
      await world.leads.insert(newLead(world, lead.contactId, { title, statusSince }));
    const sort = [{ field: "title", direction: "asc" } as const, { field: "statusSince", direction: "desc" } as const];
    const first = await world.leads.find(everything, { limit: 3, sort });
    const second = await world.leads.find(everything, { limit: 3, sort, after: first.next as string });
    expect(
      [...first.items, ...second.items].map((found) => `${found.title}${found.statusSince.slice(20, 23)}`),
    ).toEqual(["a010", "a002", "b003", "b001"]);
  });

  test("sorts amounts by what they are worth, page by page", async (world) => {
    const pipeline = await world.pipelines.insert(newPipeline(world));
    const amounts = ["1000", "99.90", null, "20000.50", "-5", "99.9"];
    for (const amount of amounts)
      await world.deals.insert(
        newDeal(world, pipeline.id, { amount: amount === null ? null : { amount, currency: "EUR" } }),
      );
    const listed = async (direction: "asc" | "desc") => {
      const sort = [{ field: "amount.amount", direction, kind: "number" as const }];
      const first = await world.deals.find(everything, { limit: 3, sort });
      const second = await world.deals.find(everything, { limit: 3, sort, after: first.next as string });
      return [...first.items, ...second.items].map(({ amount }) => amount?.amount ?? null);
    };
    expect(await listed("asc")).toEqual(["-5", "99.90", "99.9", "1000", "20000.50", null]);
    expect(await listed("desc")).toEqual(["20000.50", "1000", "99.9", "99.90", "-5", null]);
    expect(await world.deals.count(where<Deal>("amount.amount").between(99.9, 1000))).toBe(3);
  });

  test("does not shift its pages when records are added in between", async (world) => {
    await storeNames(world, ["c", "f", "i", "l", "o", "r"]);
    const found = await readPages(world, { limit: 2, sort: [{ field: "name", direction: "asc" }] }, () =>
      storeNames(world, ["a"]),
    );
    expect(found.map(({ name }) => name)).toEqual(["c", "f", "i", "l", "o", "r"]);
  });

  test("refuses a cursor that it did not make", async (world) => {
    await expect(world.contacts.find(everything, { after: "page-2" })).rejects.toMatchObject({
      code: "CRM_STORAGE_CURSOR",
      status: 422,
    });
  });
}
