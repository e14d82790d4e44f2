import { CrmError, type Plugin, definePlugin } from "@crmessenger/kernel";
import { where } from "@crmessenger/kernel/infrastructure";
import {
  ChannelIdentityRepository,
  type Contact,
  CreateContact,
  type EntityChange,
  GetContact,
  ListContacts,
  SalesHooks,
  UpdateContact,
} from "@crmessenger/kernel/sales";
import { expect, test } from "vitest";
import { everything, startSales } from "./sales-world.ts";

const own = (userId: string) => where("ownerId").eq(userId);
const input = { name: "Ada", identities: [], ownerId: null, attributes: {} };

test("a contact is created with its identities, and everything that goes with it", async () => {
  await using world = await startSales({ options: { phoneRegion: "BR" } });
  const { contact, identities } = await world.kernel.bus.dispatch(CreateContact, {
    name: "Ada",
    identities: [
      { kind: "phone", value: "(11) 8765-4321", verified: false },
      { kind: "phone", value: "+5511987654321", verified: true },
      { kind: "email", value: "Ada@Example.org", verified: false },
    ],
    ownerId: "u1",
    attributes: { tier: "gold" },
  });
  expect(contact).toMatchObject({ name: "Ada", ownerId: "u1", version: 1, attributes: { tier: "gold" } });
  expect(identities).toMatchObject([
    { contactId: contact.id, kind: "phone", value: "+5511987654321", aliases: ["+551187654321"], verified: true },
    { contactId: contact.id, kind: "email", value: "ada@example.org", aliases: [], verified: false },
  ]);
  expect(await world.kernel.bus.ask(GetContact, { id: contact.id })).toEqual({ contact, identities });
  expect(await world.events()).toMatchObject([
    { topic: "contact.created", aggregate: { type: "contact", id: contact.id, version: 1 }, payload: { contact } },
  ]);
  expect(await world.audit("contact", contact.id)).toMatchObject([
    {
      action: "sales.contact.create",
      changes: { name: { from: null, to: "Ada" }, "attributes.tier": { from: null, to: "gold" } },
    },
  ]);
  expect(await world.timeline(contact.id)).toMatchObject([
    { kind: "contact-created", leadId: null, data: { name: "Ada" } },
  ]);
});

test("a value that can't be of its kind is refused by name", async () => {
  await using world = await startSales();
  const identities = [{ kind: "phone", value: "12", verified: false }];
  await expect(world.contact({ identities })).rejects.toMatchObject({
    code: "CRM_SALES_IDENTITY_INVALID",
    status: 422,
    details: { kind: "phone", value: "12" },
    message: expect.stringContaining("country code") as string,
  });
  expect(await world.events()).toEqual([]);
});

test("an identity belongs to one contact, in whatever spelling it comes", async () => {
  await using world = await startSales();
  const ada = await world.contact({ identities: [{ kind: "phone", value: "+55 11 8765-4321", verified: true }] });
  await expect(
    world.contact({ name: "Eve", identities: [{ kind: "phone", value: "+55 11 98765-4321", verified: true }] }),
  ).rejects.toMatchObject({
    code: "CRM_SALES_IDENTITY_TAKEN",
    status: 409,
    details: { kind: "phone", value: "+5511987654321", contactId: ada.id },
  });
  expect((await world.kernel.bus.ask(ListContacts, {})).items).toEqual([ada]);
});

test("who holds an identity is told only to those who may see the contact", async () => {
  await using world = await startSales();
  const identities = [{ kind: "telegram", value: "42", verified: true }];
  const ada = await world.contact({ ownerId: "u1", identities });
  const attempt = () => world.kernel.bus.dispatch(CreateContact, { ...input, ownerId: "u2", identities });
  const error = await world.as("u2", own("u2"), attempt).catch((refusal: unknown) => refusal);
  expect(error).toMatchObject({ code: "CRM_SALES_IDENTITY_TAKEN", details: { kind: "telegram", value: "42" } });
  expect(JSON.stringify(error)).not.toContain(ada.id);
});

test("an alias that an older row carries as its value is found as well", async () => {
  await using world = await startSales();
  const ada = await world.contact();
  await world.kernel.run(() =>
    world.kernel.get(ChannelIdentityRepository).insert({
      id: "0199ae3c-4b1c-7000-8000-000000000001",
      contactId: ada.id,
      kind: "phone",
      value: "+551187654321",
      aliases: [],
      verified: true,
    }),
  );
  await expect(
    world.contact({ identities: [{ kind: "phone", value: "+5511987654321", verified: true }] }),
  ).rejects.toMatchObject({
    code: "CRM_SALES_IDENTITY_TAKEN",
  });
});

test("of two who claim an identity at once one gets it", async () => {
  await using world = await startSales();
  const identities = [{ kind: "telegram", value: "42", verified: true }];
  const attempts = await Promise.allSettled([world.contact({ identities }), world.contact({ identities })]);
  expect(attempts.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  expect(attempts.find(({ status }) => status === "rejected")).toMatchObject({
    reason: { code: "CRM_SALES_IDENTITY_TAKEN" },
  });
  expect((await world.kernel.bus.ask(ListContacts, {})).items).toHaveLength(1);
});

test("a contact is changed field by field", async () => {
  await using world = await startSales();
  const ada = await world.contact({ attributes: { tier: "gold", note: "x" } });
  const changed = await world.kernel.bus.dispatch(UpdateContact, {
    id: ada.id,
    version: 1,
    name: "Ada L.",
    ownerId: "u1",
    attributes: { note: null, size: "L" },
  });
  expect(changed).toMatchObject({ name: "Ada L.", ownerId: "u1", version: 2, attributes: { tier: "gold", size: "L" } });
  expect(changed.attributes).not.toHaveProperty("note");
  expect((await world.events()).at(-1)).toMatchObject({
    topic: "contact.updated",
    aggregate: { version: 2 },
    payload: { contact: changed },
  });
  expect((await world.audit("contact", ada.id))[0]?.changes).toEqual({
    name: { from: "Ada", to: "Ada L." },
    ownerId: { from: null, to: "u1" },
    "attributes.note": { from: "x", to: null },
    "attributes.size": { from: null, to: "L" },
  });
  expect((await world.timeline(ada.id))[0]).toMatchObject({
    kind: "contact-updated",
    data: { fields: ["name", "ownerId", "attributes.note", "attributes.size"] },
  });
});

test("a change that changes nothing leaves no trace", async () => {
  await using world = await startSales();
  const ada = await world.contact();
  expect(
    await world.kernel.bus.dispatch(UpdateContact, { id: ada.id, name: "Ada", attributes: { missing: null } }),
  ).toEqual(ada);
  expect(await world.events()).toHaveLength(1);
  expect(await world.audit("contact", ada.id)).toHaveLength(1);
});

test("a change of an older version is refused", async () => {
  await using world = await startSales();
  const { id } = await world.contact();
  await world.kernel.bus.dispatch(UpdateContact, { id, name: "Ada L." });
  await expect(world.kernel.bus.dispatch(UpdateContact, { id, version: 1, name: "Eve" })).rejects.toMatchObject({
    code: "CRM_STORAGE_VERSION_CONFLICT",
    status: 409,
    details: { id, expected: 1, actual: 2 },
  });
});

test("a contact out of scope is as unknown as one that does not exist", async () => {
  await using world = await startSales();
  const { id } = await world.contact({ ownerId: "u1" });
  const { bus } = world.kernel;
  const missing = { code: "CRM_SALES_NOT_FOUND", status: 404 };
  await expect(world.as("u2", own("u2"), () => bus.ask(GetContact, { id }))).rejects.toMatchObject(missing);
  await expect(
    world.as("u2", own("u2"), () => bus.dispatch(UpdateContact, { id, name: "Mine" })),
  ).rejects.toMatchObject(missing);
  await expect(bus.ask(GetContact, { id: "00000000-0000-7000-8000-000000000001" })).rejects.toMatchObject(missing);
  expect(await world.as("u1", own("u1"), () => bus.ask(GetContact, { id }))).toMatchObject({ contact: { id } });
});

test("nobody creates a contact that they could not see", async () => {
  await using world = await startSales();
  const { bus } = world.kernel;
  await expect(world.as("u1", own("u1"), () => bus.dispatch(CreateContact, input))).rejects.toMatchObject({
    code: "CRM_SALES_OUT_OF_SCOPE",
    status: 403,
  });
  expect(await world.as("u1", own("u1"), () => bus.dispatch(CreateContact, { ...input, ownerId: "u1" }))).toMatchObject(
    { contact: { ownerId: "u1" } },
  );
});

test("a list joins the caller's criteria with the caller's scope", async () => {
  await using world = await startSales();
  const { bus } = world.kernel;
  const mine = await world.contact({ name: "Mine", ownerId: "u1" });
  const free = await world.contact({ name: "Free" });
  await world.contact({ name: "Theirs", ownerId: "u2" });
  const unassigned = { op: "and", all: [where("ownerId").isNull(), where("teamId").isNull()] } as const;
  const scope = { op: "or", all: [own("u1"), where("teamId").in(["t1"]), unassigned] } as const;
  expect((await world.as("u1", scope, () => bus.ask(ListContacts, {}))).items).toEqual([free, mine]);
  const named = { criteria: where("name").eq("Theirs") };
  expect((await world.as("u1", scope, () => bus.ask(ListContacts, named))).items).toEqual([]);
  expect((await world.as("u1", everything, () => bus.ask(ListContacts, named))).items).toHaveLength(1);
  const first = await bus.ask(ListContacts, { limit: 2 });
  expect(first.items).toHaveLength(2);
  const second = await bus.ask(ListContacts, { limit: 2, ...(first.next ? { after: first.next } : {}) });
  expect(second).toMatchObject({ items: [{ id: mine.id }] });
});

test("text that no storage can hold is replaced, the rest survives", async () => {
  await using world = await startSales();
  const text = "\u202Eעדה 👩‍🚀 <script>\n\"'";
  const ada = await world.contact({ name: `${text}\0`, attributes: { "a\0": ["b\uD800", { c: text }], n: 1 } });
  expect(ada.name).toBe(`${text}\uFFFD`);
  expect(ada.attributes).toEqual({ "a\uFFFD": ["b\uFFFD", { c: text }], n: 1 });
  const lead = await world.lead({ title: `${text}\0`, source: { channel: "web-form", referrer: "a\0" } });
  expect(lead).toMatchObject({ title: `${text}\uFFFD`, source: { referrer: "a\uFFFD" } });
});

test("a plugin may change the draft, and not its identity", async () => {
  const taps = (change: object) =>
    definePlugin({
      id: "taps",
      version: "1.0.0",
      extend: (hooks) => hooks.tap(SalesHooks.contactDraft, (draft) => ({ ...draft, ...change })),
    })();
  {
    await using world = await startSales({ plugins: [taps({ ownerId: "u9" })] });
    expect(await world.contact()).toMatchObject({ ownerId: "u9" });
  }
  await using world = await startSales({ plugins: [taps({ id: "mine" })] });
  await expect(world.contact()).rejects.toMatchObject({
    code: "CRM_SALES_DRAFT_PROTECTED",
    details: { point: "sales.contact-draft", field: "id" },
  });
  expect((await world.kernel.bus.ask(ListContacts, {})).items).toEqual([]);
});

test("a plugin may change a contact that is about to be stored, and nothing that makes it that contact", async () => {
  const tapping = (run: Parameters<typeof tapChange>[0]) => startSales({ plugins: [tapChange(run)] });
  await using world = await tapping(({ previous, next }) => ({
    previous,
    next: { ...next, attributes: { ...next.attributes, formerly: previous.name } },
  }));
  const { contact } = await world.kernel.bus.dispatch(CreateContact, input);
  const renamed = await world.kernel.bus.dispatch(UpdateContact, { id: contact.id, name: "Ada Lovelace" });
  expect(renamed).toMatchObject({ name: "Ada Lovelace", attributes: { formerly: "Ada" }, version: 2 });
  await using strict = await tapping(({ previous, next }) => ({ previous, next: { ...next, version: 7 } }));
  const other = await strict.kernel.bus.dispatch(CreateContact, input);
  await expect(strict.kernel.bus.dispatch(UpdateContact, { id: other.contact.id, name: "Eve" })).rejects.toMatchObject({
    code: "CRM_SALES_DRAFT_PROTECTED",
    details: { point: "sales.contact-change", field: "version" },
  });
});

test("a plugin that refuses a change for what the caller can mend answers for itself", async () => {
  const refusal = new CrmError("CRM_TEST_NAME", "Not this name.", { status: 422, details: { name: "Eve" } });
  await using world = await startSales({ plugins: [tapChange(() => Promise.reject(refusal))] });
  const { contact } = await world.kernel.bus.dispatch(CreateContact, input);
  await expect(world.kernel.bus.dispatch(UpdateContact, { id: contact.id, name: "Eve" })).rejects.toMatchObject({
    code: "CRM_TEST_NAME",
    status: 422,
    details: { name: "Eve" },
  });
});

type ChangeTap = (change: EntityChange<Contact>) => EntityChange<Contact> | Promise<EntityChange<Contact>>;

function tapChange(run: ChangeTap): Plugin {
  const plugin = definePlugin({
    id: "tapping",
    version: "1.0.0",
    extend: (hooks) => hooks.tap(SalesHooks.contactChange, run),
  });
  return plugin();
}
