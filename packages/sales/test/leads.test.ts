import { definePlugin } from "@crmessenger/kernel";
import { UnitOfWork, where } from "@crmessenger/kernel/infrastructure";
import {
  AssignLead,
  ChangeLeadStatus,
  CreateLead,
  GetLead,
  type Lead,
  LeadRepository,
  ListLeads,
  SalesHooks,
  UpdateLead,
} from "@crmessenger/kernel/sales";
import { expect, test } from "vitest";
import { everything, startSales } from "./sales-world.ts";

const own = (userId: string) => where("ownerId").eq(userId);
const missing = { code: "CRM_SALES_NOT_FOUND", status: 404 };

test("a lead is created with its source, and everything that goes with it", async () => {
  await using world = await startSales();
  const contact = await world.contact();
  const source = { channel: "web-form", utm: { campaign: "spring" }, referrer: "https://example.org/" };
  const lead = await world.lead({
    contactId: contact.id,
    source,
    ownerId: "u1",
    teamId: "t1",
    attributes: { size: "L" },
  });
  expect(lead).toMatchObject({
    status: "new",
    statusSince: "2026-01-05T09:00:00.000Z",
    source,
    ownerId: "u1",
    teamId: "t1",
    version: 1,
  });
  expect(await world.kernel.bus.ask(GetLead, { id: lead.id })).toEqual(lead);
  expect((await world.events()).at(-1)).toMatchObject({
    topic: "lead.created",
    aggregate: { type: "lead", id: lead.id, version: 1 },
    payload: { lead },
  });
  expect(await world.audit("lead", lead.id)).toMatchObject([
    { action: "sales.lead.create", changes: { status: { from: null, to: "new" }, source: { to: source } } },
  ]);
  expect((await world.timeline(contact.id))[0]).toMatchObject({
    kind: "lead-created",
    leadId: lead.id,
    data: { title: lead.title, source: "web-form" },
  });
});

test("a lead needs a contact that the caller may reach", async () => {
  await using world = await startSales();
  const theirs = await world.contact({ ownerId: "u2" });
  const attempt = (contactId: string) =>
    world.as("u1", own("u1"), () =>
      world.kernel.bus.dispatch(CreateLead, {
        title: "x",
        contactId,
        source: { channel: "manual" },
        ownerId: "u1",
        teamId: null,
        attributes: {},
      }),
    );
  await expect(attempt(theirs.id)).rejects.toMatchObject({ ...missing, details: { entity: "contact", id: theirs.id } });
  await expect(attempt("00000000-0000-7000-8000-000000000001")).rejects.toMatchObject(missing);
  const mine = await world.contact({ ownerId: "u1" });
  expect(await attempt(mine.id)).toMatchObject({ contactId: mine.id });
});

test("nobody creates a lead that they could not see", async () => {
  await using world = await startSales();
  const contact = await world.contact({ ownerId: "u1" });
  await expect(world.as("u1", own("u1"), () => world.lead({ contactId: contact.id }))).rejects.toMatchObject({
    code: "CRM_SALES_OUT_OF_SCOPE",
    status: 403,
  });
});

test("title and custom fields change under the version check", async () => {
  await using world = await startSales();
  const lead = await world.lead({ attributes: { size: "L" } });
  const { bus } = world.kernel;
  const changed = await bus.dispatch(UpdateLead, {
    id: lead.id,
    version: 1,
    title: "Tea",
    attributes: { size: null, colour: "red" },
  });
  expect(changed).toMatchObject({ title: "Tea", version: 2, attributes: { colour: "red" } });
  expect((await world.events()).at(-1)).toMatchObject({
    topic: "lead.updated",
    aggregate: { version: 2 },
    payload: { lead: changed },
  });
  expect((await world.audit("lead", lead.id))[0]).toMatchObject({
    action: "sales.lead.update",
    changes: { title: { from: lead.title, to: "Tea" } },
  });
  expect((await world.timeline(lead.contactId))[0]).toMatchObject({
    kind: "lead-updated",
    data: { fields: ["title", "attributes.size", "attributes.colour"] },
  });
  await expect(bus.dispatch(UpdateLead, { id: lead.id, version: 1, title: "Cocoa" })).rejects.toMatchObject({
    code: "CRM_STORAGE_VERSION_CONFLICT",
    details: { id: lead.id, expected: 1, actual: 2 },
  });
  expect(await bus.dispatch(UpdateLead, { id: lead.id, title: "Tea" })).toEqual(changed);
  expect(await world.audit("lead", lead.id)).toHaveLength(2);
});

test("a lead is given to an owner, and to nobody", async () => {
  await using world = await startSales();
  const lead = await world.lead({ teamId: "t1" });
  const { bus } = world.kernel;
  const given = await bus.dispatch(AssignLead, { id: lead.id, ownerId: "u1" });
  expect(given).toMatchObject({ ownerId: "u1", teamId: "t1", version: 2 });
  expect((await world.events()).at(-1)).toMatchObject({
    topic: "lead.assigned",
    payload: { lead: given, previousOwnerId: null },
  });
  expect((await world.timeline(lead.contactId))[0]).toMatchObject({
    kind: "lead-assigned",
    data: { ownerId: "u1", teamId: "t1", previousOwnerId: null },
  });
  expect(await bus.dispatch(AssignLead, { id: lead.id, ownerId: null, teamId: null })).toMatchObject({
    ownerId: null,
    teamId: null,
  });
  expect((await world.events()).at(-1)).toMatchObject({ topic: "lead.assigned", payload: { previousOwnerId: "u1" } });
  const count = (await world.events()).length;
  await bus.dispatch(AssignLead, { id: lead.id, ownerId: null });
  expect(await world.events()).toHaveLength(count);
});

test("a lead goes its way along the table", async () => {
  await using world = await startSales();
  const lead = await world.lead();
  const { bus } = world.kernel;
  const move = (status: string) => bus.dispatch(ChangeLeadStatus, { id: lead.id, status });
  await world.clock.advance(60_000);
  const moved = await move("in-progress");
  expect(moved).toMatchObject({ status: "in-progress", statusSince: "2026-01-05T09:01:00.000Z", version: 2 });
  expect((await world.events()).at(-1)).toMatchObject({
    topic: "lead.status-changed",
    aggregate: { version: 2 },
    payload: { lead: moved, previousStatus: "new" },
  });
  expect((await world.timeline(lead.contactId))[0]).toMatchObject({
    kind: "lead-status",
    data: { status: "in-progress", previousStatus: "new" },
  });
  expect((await world.audit("lead", lead.id))[0]).toMatchObject({
    action: "sales.lead.change-status",
    changes: { status: { from: "new", to: "in-progress" } },
  });
  await move("qualified");
  expect(await move("converted")).toMatchObject({ status: "converted" });
});

test("a transition that the table does not know changes nothing", async () => {
  await using world = await startSales();
  const lead = await world.lead();
  await expect(world.kernel.bus.dispatch(ChangeLeadStatus, { id: lead.id, status: "qualified" })).rejects.toMatchObject(
    {
      code: "CRM_SALES_TRANSITION",
      status: 409,
      details: { from: "new", to: "qualified", allowed: ["in-progress", "disqualified"] },
      message: expect.stringContaining("in-progress, disqualified") as string,
    },
  );
  expect(await world.kernel.bus.ask(GetLead, { id: lead.id })).toEqual(lead);
});

test("a plugin's states are part of the table", async () => {
  const parking = definePlugin({
    id: "parking",
    version: "1.0.0",
    states: [
      { status: "new", next: ["parked"] },
      { status: "parked", next: ["in-progress"] },
    ],
  });
  await using world = await startSales({ plugins: [parking()] });
  const { id } = await world.lead();
  expect(await world.kernel.bus.dispatch(ChangeLeadStatus, { id, status: "parked" })).toMatchObject({
    status: "parked",
  });
});

test("of two who move a lead at once the second sees what the first did", async () => {
  await using world = await startSales();
  const { id } = await world.lead();
  const move = (status: string) => world.kernel.bus.dispatch(ChangeLeadStatus, { id, status });
  const moves = await Promise.allSettled([move("in-progress"), move("in-progress")]);
  expect(moves.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  expect(await world.kernel.bus.ask(GetLead, { id })).toMatchObject({ status: "in-progress", version: 2 });
});

test("a lead out of scope is as unknown as one that does not exist", async () => {
  await using world = await startSales();
  const { id } = await world.lead({ ownerId: "u1", teamId: "t1" });
  const { bus } = world.kernel;
  const stranger = <T>(work: () => Promise<T>) => world.as("u2", where("teamId").in(["t2"]), work);
  await expect(stranger(() => bus.ask(GetLead, { id }))).rejects.toMatchObject(missing);
  await expect(stranger(() => bus.dispatch(UpdateLead, { id, title: "Mine" }))).rejects.toMatchObject(missing);
  await expect(stranger(() => bus.dispatch(AssignLead, { id, ownerId: "u2" }))).rejects.toMatchObject(missing);
  await expect(stranger(() => bus.dispatch(ChangeLeadStatus, { id, status: "in-progress" }))).rejects.toMatchObject(
    missing,
  );
  await expect(bus.ask(GetLead, { id: "00000000-0000-7000-8000-000000000001" })).rejects.toMatchObject(missing);
  expect(await world.as("u3", where("teamId").in(["t1"]), () => bus.ask(GetLead, { id }))).toMatchObject({ id });
  expect((await stranger(() => bus.ask(ListLeads, {}))).items).toEqual([]);
});

test("a deleted lead is gone", async () => {
  await using world = await startSales();
  const lead = await world.lead();
  await world.kernel.run(() => world.kernel.get(LeadRepository).remove(lead));
  await expect(world.kernel.bus.ask(GetLead, { id: lead.id })).rejects.toMatchObject(missing);
});

test("a list joins criteria and scope, newest first", async () => {
  await using world = await startSales();
  const contactId = (await world.contact()).id;
  const first = await world.lead({ contactId, source: { channel: "telegram" }, ownerId: "u1" });
  const second = await world.lead({ contactId, source: { channel: "whatsapp" }, ownerId: "u1" });
  await world.lead({ contactId, source: { channel: "telegram" }, ownerId: "u2" });
  const list = (criteria?: ReturnType<typeof own>) =>
    world.as("u1", own("u1"), () => world.kernel.bus.ask(ListLeads, criteria ? { criteria } : {}));
  expect((await list()).items).toEqual([second, first]);
  expect((await list(where<Lead>("source.channel").eq("telegram"))).items).toEqual([first]);
});

test("what a transaction undoes was never audited, told or logged", async () => {
  await using world = await startSales();
  const lead = await world.lead();
  const before = await world.events();
  const undone = world.kernel.run(() =>
    world.kernel.get(UnitOfWork).run(async () => {
      await world.kernel.bus.dispatch(ChangeLeadStatus, { id: lead.id, status: "in-progress" });
      throw new Error("changed my mind");
    }),
  );
  await expect(undone).rejects.toThrow("changed my mind");
  expect(await world.kernel.bus.ask(GetLead, { id: lead.id })).toEqual(lead);
  expect(await world.events()).toEqual(before);
  expect(await world.audit("lead", lead.id)).toHaveLength(1);
  expect(await world.timeline(lead.contactId)).toHaveLength(2);
});

const tapping = (tap: Parameters<typeof definePlugin>[0]["extend"] & object) =>
  definePlugin({ id: "taps", version: "1.0.0", extend: tap })();

test("a plugin may change the draft of a lead", async () => {
  await using world = await startSales({
    plugins: [
      tapping((hooks) =>
        hooks.tap(SalesHooks.leadDraft, (draft) => ({
          ...draft,
          ownerId: "u9",
          attributes: { ...draft.attributes, scored: true },
        })),
      ),
    ],
  });
  expect(await world.lead()).toMatchObject({ ownerId: "u9", attributes: { scored: true } });
});

test("a plugin that changes whose lead it is, or its way, aborts the creation", async () => {
  for (const change of [{ contactId: "other" }, { status: "converted" }]) {
    await using world = await startSales({
      plugins: [tapping((hooks) => hooks.tap(SalesHooks.leadDraft, (draft) => ({ ...draft, ...change })))],
    });
    await expect(world.lead()).rejects.toMatchObject({
      code: "CRM_SALES_DRAFT_PROTECTED",
      details: { field: Object.keys(change)[0] },
    });
    expect((await world.kernel.bus.ask(ListLeads, {})).items).toEqual([]);
  }
});

test("a plugin may change a lead that is about to be stored, and each kind of change has its event", async () => {
  await using world = await startSales({
    plugins: [
      tapping((hooks) =>
        hooks.tap(SalesHooks.leadChange, ({ previous, next }) =>
          next.status === "in-progress" ? { previous, next: { ...next, ownerId: "u9", title: "Hot" } } : undefined,
        ),
      ),
    ],
  });
  const { id } = await world.lead();
  const moved = await world.kernel.bus.dispatch(ChangeLeadStatus, { id, status: "in-progress" });
  expect(moved).toMatchObject({ ownerId: "u9", title: "Hot", version: 2 });
  expect((await world.events()).slice(-3).map(({ topic }) => topic)).toEqual([
    "lead.updated",
    "lead.assigned",
    "lead.status-changed",
  ]);
});

test("a plugin that takes a change back leaves no trace of it", async () => {
  await using world = await startSales({
    plugins: [
      tapping((hooks) =>
        hooks.tap(SalesHooks.leadChange, ({ previous, next }) => ({
          previous,
          next: { ...next, title: "A question about coffee" },
        })),
      ),
    ],
  });
  const lead = await world.lead();
  expect(await world.kernel.bus.dispatch(UpdateLead, { id: lead.id, title: "Tea" })).toEqual(lead);
});

test("a plugin that moves a lead on the side aborts the change", async () => {
  await using world = await startSales({
    plugins: [
      tapping((hooks) =>
        hooks.tap(SalesHooks.leadChange, ({ previous, next }) => ({
          previous,
          next: { ...next, status: "converted" },
        })),
      ),
    ],
  });
  const lead = await world.lead();
  await expect(world.kernel.bus.dispatch(UpdateLead, { id: lead.id, title: "Tea" })).rejects.toMatchObject({
    code: "CRM_SALES_DRAFT_PROTECTED",
    details: { point: "sales.lead-change", field: "status" },
  });
  expect(await world.kernel.bus.ask(GetLead, { id: lead.id })).toEqual(lead);
});

test("everything a manager sees is within the scope", async () => {
  await using world = await startSales();
  const { id } = await world.lead({ ownerId: "u1" });
  expect(await world.as("u2", everything, () => world.kernel.bus.ask(GetLead, { id }))).toMatchObject({ id });
});

test("a region that is no country is a mistake at boot", async () => {
  await expect(startSales({ options: { phoneRegion: "brazil" } })).rejects.toMatchObject({
    code: "CRM_PLUGIN_OPTIONS",
    details: { plugin: "sales" },
  });
});
