import type { ChannelAccount, Message } from "@crmessenger/kernel/communication";
import type { EntityRecord, NewRecord, Repository } from "@crmessenger/kernel/infrastructure";
import { everything, where } from "@crmessenger/kernel/infrastructure";
import type { Contact, Deal, Lead, Pipeline } from "@crmessenger/kernel/sales";
import { expect } from "vitest";
import {
  newAccount,
  newContact,
  newConversation,
  newDeal,
  newLead,
  newMessage,
  newPipeline,
  newTeam,
  newUser,
  storeConversation,
  storeLead,
} from "./sample-records.ts";
import type { StorageHarness } from "./storage-harness.ts";
import { type StorageSuite, type StorageWorld, describeOn } from "./storage-world.ts";

/** What every repository promises: each of the eleven keeps its records whole, and the common rules on leads and contacts. */
export function describeRepository(harness: StorageHarness): void {
  describeOn(harness, "Repository", (suite) => {
    everyEntity(suite);
    uniqueKeys(suite);
    versions(suite);
    reading(suite);
    pages(suite);
    isolation(suite);
  });
}

const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

type Step<R extends EntityRecord> = (
  world: StorageWorld,
) => Promise<{ repository: Repository<R>; record: NewRecord<R>; change: Partial<R> }>;

function everyEntity({ test }: StorageSuite): void {
  const keepsWhole = <R extends EntityRecord>(name: string, prepare: Step<R>) => {
    test(`keeps a ${name} whole through insert, update and remove`, async (world) => {
      const { repository, record, change } = await prepare(world);
      const inserted = await repository.insert(record);
      expect(inserted).toEqual({
        ...record,
        tenantId: world.tenantId,
        version: 1,
        createdAt: inserted.createdAt,
        updatedAt: inserted.updatedAt,
        deletedAt: null,
      });
      expect([inserted.createdAt, inserted.updatedAt]).toEqual([
        expect.stringMatching(TIMESTAMP),
        expect.stringMatching(TIMESTAMP),
      ]);
      expect(await repository.get(record.id)).toEqual(inserted);
      const updated = await repository.update({ ...inserted, ...change });
      expect(updated).toEqual({ ...inserted, ...change, version: 2, updatedAt: updated.updatedAt });
      expect(await repository.get(record.id)).toEqual(updated);
      expect((await repository.find(where<EntityRecord>("id").eq(record.id))).items).toEqual([updated]);
      await repository.remove(updated);
      expect(await repository.get(record.id)).toMatchObject({
        ...updated,
        version: expect.any(Number),
        updatedAt: expect.any(String),
        deletedAt: expect.stringMatching(TIMESTAMP),
      });
    });
  };
  keepsWhole("contact", async (world) => ({
    repository: world.contacts,
    record: newContact(world, {
      attributes: { birthday: "1990-02-28", children: 2, vip: true, note: null, tags: ["a", { b: "ё" }] },
    }),
    change: { name: "Anna 𝒫etrova 👩‍👩‍👧", attributes: { "день рождения": "1990-02-28" } },
  }));
  keepsWhole("channel identity", async (world) => {
    const contact = await world.contacts.insert(newContact(world));
    const record = {
      id: world.ids.next(),
      contactId: contact.id,
      kind: "phone",
      value: `+371${Date.now()}`,
      aliases: [],
      verified: false,
    };
    return { repository: world.identities, record, change: { aliases: ["371-old", "371-older"], verified: true } };
  });
  keepsWhole("lead", async (world) => {
    const contact = await world.contacts.insert(newContact(world));
    const team = await world.teams.insert(newTeam(world));
    const owner = await world.users.insert(newUser(world));
    const source = {
      channel: "web-form",
      utm: { source: "ads", campaign: "весна" },
      referrer: "https://example.com/?q=1",
    };
    return {
      repository: world.leads,
      record: newLead(world, contact.id, { source }),
      change: { status: "in-progress", ownerId: owner.id, teamId: team.id },
    };
  });
  keepsWhole<Pipeline>("pipeline", async (world) => ({
    repository: world.pipelines,
    record: newPipeline(world),
    change: {
      name: "Renamed",
      stages: [
        { id: "первый", name: "Первый", kind: "open", probability: 0.333 },
        { id: "done", name: "Done", kind: "won", probability: 1 },
        { id: "gone", name: "Gone", kind: "lost", probability: 0 },
      ],
    },
  }));
  keepsWhole<Deal>("deal", async (world) => {
    const { contactId, id: leadId } = await storeLead(world);
    const pipeline = await world.pipelines.insert(newPipeline(world));
    const amount = { amount: "123456789012345.1200", currency: "EUR" };
    return {
      repository: world.deals,
      record: newDeal(world, pipeline.id, { amount, contactId, leadId, attributes: { tags: ["a"] } }),
      change: {
        amount: null,
        stageId: "won",
        closedAt: "2026-01-02T03:04:05.678Z",
        ownerId: "somebody",
        companyId: world.ids.next(),
      },
    };
  });
  keepsWhole<ChannelAccount>("channel account", async (world) => ({
    repository: world.accounts,
    record: newAccount(world),
    change: { externalId: "4242", enabled: false, state: { status: "needs-login", reason: "Scan the code again." } },
  }));
  keepsWhole("conversation", async (world) => {
    const contact = await world.contacts.insert(newContact(world));
    const account = await world.accounts.insert(newAccount(world));
    const record = newConversation(world, { channelAccountId: account.id, contactId: contact.id });
    return {
      repository: world.conversations,
      record,
      change: { messageCount: 7, lastInboundAt: "2026-01-02T03:04:05.678Z" },
    };
  });
  keepsWhole<Message>("message", async (world) => {
    const conversation = await storeConversation(world);
    const file = { path: "in/a.jpg", size: 12, sha256: "0".repeat(64), mimeType: "image/jpeg", fileName: "кот.jpg" };
    const parts = [
      { type: "text", text: "\u202Eطويل\n\t\"'`<script>alert(1)</script>" } as const,
      { type: "media", kind: "image", file } as const,
      { type: "text", text: "" } as const,
    ];
    return {
      repository: world.messages,
      record: newMessage(world, conversation, { parts }),
      change: { status: "read", failure: null, origin: { system: "amocrm", id: "x/1" } },
    };
  });
  keepsWhole("user", async (world) => ({
    repository: world.users,
    record: newUser(world),
    change: { active: false, roleIds: [world.ids.next()], teamIds: [world.ids.next()] },
  }));
  keepsWhole("team", async (world) => {
    const parent = await world.teams.insert(newTeam(world));
    return {
      repository: world.teams,
      record: newTeam(world, { parentId: parent.id }),
      change: { name: "After sales", parentId: null },
    };
  });
  keepsWhole("role", async (world) => ({
    repository: world.roles,
    record: { id: world.ids.next(), name: "manager", grants: [{ permission: "sales.*", scope: "team" as const }] },
    change: {
      grants: [{ permission: "*", scope: "own" as const, criteria: where<Lead>("status").in(["new", "in-progress"]) }],
    },
  }));
}

function uniqueKeys({ test }: StorageSuite): void {
  const duplicate = { code: "CRM_STORAGE_DUPLICATE", status: 409, details: { constraint: expect.any(String) } };
  const refuses = (
    what: string,
    twice: (world: StorageWorld) => Promise<readonly [() => Promise<unknown>, () => Promise<unknown>]>,
  ) => {
    test(`refuses a second ${what} with CRM_STORAGE_DUPLICATE`, async (world) => {
      const [first, second] = await twice(world);
      await first();
      await expect(second()).rejects.toMatchObject(duplicate);
    });
  };
  refuses("record of an id", async (world) => {
    const contact = newContact(world);
    return [() => world.contacts.insert(contact), () => world.contacts.insert(contact)];
  });
  refuses("user of an e-mail address", async (world) => {
    const insert = () => world.users.insert(newUser(world, { email: "same@example.com" }));
    return [insert, insert];
  });
  refuses("role of a name", async (world) => {
    const insert = () => world.roles.insert({ id: world.ids.next(), name: "manager", grants: [] });
    return [insert, insert];
  });
  refuses("pipeline of a name", async (world) => {
    const insert = () => world.pipelines.insert(newPipeline(world));
    return [insert, insert];
  });
  refuses("identity of a kind and value", async (world) => {
    const insert = async () => {
      const contact = await world.contacts.insert(newContact(world));
      await world.identities.insert({
        id: world.ids.next(),
        contactId: contact.id,
        kind: "email",
        value: "a@example.com",
        aliases: [],
        verified: true,
      });
    };
    return [insert, insert];
  });
  refuses("conversation of a chat", async (world) => {
    const { channelAccountId, contactId, externalId } = await storeConversation(world);
    return [
      async () => undefined,
      () => world.conversations.insert(newConversation(world, { channelAccountId, contactId }, { externalId })),
    ];
  });
  refuses("message of an external id on one account, whatever the conversation", async (world) => {
    const one = await storeConversation(world);
    const other = await world.conversations.insert(
      newConversation(world, { channelAccountId: one.channelAccountId, contactId: one.contactId }),
    );
    return [
      () => world.messages.insert(newMessage(world, one, { externalId: "m1" })),
      () => world.messages.insert(newMessage(world, other, { externalId: "m1" })),
    ];
  });
  refuses("message of an ordinal in one conversation", async (world) => {
    const conversation = await storeConversation(world);
    const insert = () => world.messages.insert(newMessage(world, conversation, { ordinal: 3 }));
    return [insert, insert];
  });

  test("accepts the same external id on another account, and any number of messages without one", async (world) => {
    const [one, other] = [await storeConversation(world), await storeConversation(world)];
    await world.messages.insert(newMessage(world, one, { externalId: "m1", ordinal: 1 }));
    await world.messages.insert(newMessage(world, other, { externalId: "m1", ordinal: 1 }));
    for (const ordinal of [2, 3])
      await world.messages.insert(
        newMessage(world, one, { externalId: null, ordinal, direction: "outbound", status: "queued" }),
      );
    expect(await world.messages.count(everything)).toBe(4);
  });

  test("lets exactly one of many concurrent inserts have the key", async (world) => {
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, () => world.users.insert(newUser(world, { email: "race@example.com" }))),
    );
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const result of results) if (result.status === "rejected") expect(result.reason).toMatchObject(duplicate);
  });

  test("refuses an update into a taken key and leaves the record as it was", async (world) => {
    await world.users.insert(newUser(world, { email: "taken@example.com" }));
    const user = await world.users.insert(newUser(world));
    await expect(world.users.update({ ...user, email: "taken@example.com" })).rejects.toMatchObject(duplicate);
    expect(await world.users.get(user.id)).toEqual(user);
  });
}

function versions({ test }: StorageSuite): void {
  const conflict = { code: "CRM_STORAGE_VERSION_CONFLICT", status: 409 };

  test("refuses to update or remove from a stale version", async (world) => {
    const first = await world.contacts.insert(newContact(world));
    const second = await world.contacts.update({ ...first, name: "second" });
    await expect(world.contacts.update({ ...first, name: "lost" })).rejects.toMatchObject(conflict);
    await expect(world.contacts.remove(first)).rejects.toMatchObject(conflict);
    expect(await world.contacts.get(first.id)).toEqual(second);
  });

  test("refuses to update or remove what does not exist", async (world) => {
    const stored = await world.contacts.insert(newContact(world));
    const ghost: Contact = { ...stored, id: world.ids.next() };
    await expect(world.contacts.update(ghost)).rejects.toMatchObject(conflict);
    await expect(world.contacts.remove(ghost)).rejects.toMatchObject(conflict);
  });

  test("lets one of many concurrent updates of a version win", async (world) => {
    const contact = await world.contacts.insert(newContact(world));
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) => world.contacts.update({ ...contact, name: `writer ${index}` })),
    );
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const result of results) if (result.status === "rejected") expect(result.reason).toMatchObject(conflict);
    expect(await world.contacts.get(contact.id)).toMatchObject({ version: 2 });
  });

  test("keeps when a record was created and says when it was last changed", async (world) => {
    const contact = await world.contacts.insert(newContact(world));
    const updated = await world.contacts.update({ ...contact, createdAt: "2001-01-01T00:00:00.000Z", name: "renamed" });
    expect(updated.createdAt).toBe(contact.createdAt);
    expect(updated.updatedAt >= contact.updatedAt).toBe(true);
  });
}

function reading({ test }: StorageSuite): void {
  test("answers undefined for an unknown id, and leaves unknown ids out of many", async (world) => {
    const contact = await world.contacts.insert(newContact(world));
    expect(await world.contacts.get(world.ids.next())).toBeUndefined();
    expect(await world.contacts.get("not an id at all")).toBeUndefined();
    expect(await world.contacts.getMany([])).toEqual([]);
    expect(await world.contacts.getMany([world.ids.next(), contact.id, "not an id at all", contact.id])).toEqual([
      contact,
    ]);
  });

  test("finds, counts and gets many without what was removed; only get still sees it", async (world) => {
    const [kept, gone] = [
      await world.contacts.insert(newContact(world)),
      await world.contacts.insert(newContact(world)),
    ];
    await world.contacts.remove(gone);
    expect((await world.contacts.find(everything)).items).toEqual([kept]);
    expect(await world.contacts.count(everything)).toBe(1);
    expect(await world.contacts.getMany([kept.id, gone.id])).toEqual([kept]);
    expect(await world.contacts.get(gone.id)).toMatchObject({ id: gone.id, deletedAt: expect.any(String) });
  });

  test("hands out copies: changing one changes nothing that is stored", async (world) => {
    const attributes = { tags: ["one"] };
    const contact = await world.contacts.insert(newContact(world, { attributes }));
    attributes.tags.push("smuggled in");
    const read = await world.contacts.get(contact.id);
    Reflect.set(read as object, "name", "smuggled in");
    Reflect.set((read?.attributes["tags"] ?? []) as object, "0", "smuggled in");
    expect(await world.contacts.get(contact.id)).toMatchObject({ name: contact.name, attributes: { tags: ["one"] } });
  });

  test("counts what matches", async (world) => {
    const lead = await storeLead(world);
    for (const status of ["new", "in-progress", "in-progress"])
      await world.leads.insert(newLead(world, lead.contactId, { status }));
    expect(await world.leads.count(where<Lead>("status").eq("in-progress"))).toBe(2);
    expect(await world.leads.count(where<Lead>("status").eq("converted"))).toBe(0);
  });
}

function pages({ test }: StorageSuite): void {
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

function isolation({ test }: StorageSuite): void {
  test("shows, counts and changes nothing of another tenant", async (world) => {
    const mine = await world.contacts.insert(newContact(world));
    await world.inTenant(world.unique("tenant"), async () => {
      expect(await world.contacts.get(mine.id)).toBeUndefined();
      expect(await world.contacts.getMany([mine.id])).toEqual([]);
      expect((await world.contacts.find(where<Contact>("id").eq(mine.id))).items).toEqual([]);
      expect(await world.contacts.count(everything)).toBe(0);
      await expect(world.contacts.update({ ...mine, name: "taken over" })).rejects.toMatchObject({
        code: "CRM_STORAGE_VERSION_CONFLICT",
      });
      await expect(world.contacts.remove(mine)).rejects.toMatchObject({ code: "CRM_STORAGE_VERSION_CONFLICT" });
    });
    expect(await world.contacts.get(mine.id)).toEqual(mine);
  });

  test("lets two tenants have the same unique keys", async (world) => {
    const first = await world.users.insert(newUser(world, { email: "owner@example.com" }));
    const second = await world.inTenant(world.unique("tenant"), () =>
      world.users.insert(newUser(world, { email: "owner@example.com" })),
    );
    expect(second.tenantId).not.toBe(first.tenantId);
  });
}
