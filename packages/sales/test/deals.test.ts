import { definePlugin } from "@crmessenger/kernel";
import { where } from "@crmessenger/kernel/infrastructure";
import {
  AssignDeal,
  CreateDeal,
  type Deal,
  DealHooks,
  GetDeal,
  ListDeals,
  MoveDeal,
  UpdateDeal,
} from "@crmessenger/kernel/sales";
import { expect, test } from "vitest";
import type { z } from "zod";
import { type SalesWorld, startSales } from "./sales-world.ts";

const own = (userId: string) => where("ownerId").eq(userId);
const euros = (amount: string) => ({ amount, currency: "EUR" });
const missing = { code: "CRM_SALES_NOT_FOUND", status: 404 };
const topics = async (world: SalesWorld, last: number) => (await world.events()).slice(-last).map(({ topic }) => topic);

test("a deal is created on the first stage, and everything that goes with it", async () => {
  await using world = await startSales();
  const contactId = (await world.contact()).id;
  const deal = await world.deal({ contactId, ownerId: "u1", teamId: "t1", attributes: { size: "L" } });
  expect(deal).toMatchObject({
    title: "Forty cups",
    stageId: "new",
    stageChangedAt: "2026-01-05T09:00:00.000Z",
    amount: euros("2000"),
    contactId,
    companyId: null,
    leadId: null,
    closedAt: null,
    version: 1,
  });
  expect(await world.kernel.bus.ask(GetDeal, { id: deal.id })).toEqual(deal);
  expect((await world.events()).at(-1)).toMatchObject({
    topic: "deal.created",
    aggregate: { type: "deal", id: deal.id, version: 1 },
    payload: { deal },
  });
  expect(await world.audit("deal", deal.id)).toMatchObject([
    { action: "sales.deal.create", changes: { stageId: { from: null, to: "new" }, amount: { to: euros("2000") } } },
  ]);
  expect((await world.timeline(contactId))[0]).toMatchObject({
    kind: "deal-created",
    data: { dealId: deal.id, title: "Forty cups" },
  });
});

test("a deal needs no amount and no contact, and begins where it is told", async () => {
  await using world = await startSales();
  expect(await world.deal({ amount: null, stageId: "negotiation" })).toMatchObject({
    amount: null,
    contactId: null,
    stageId: "negotiation",
  });
});

test.each(["won", "unheard-of"])("a deal does not begin on the stage %s", async (stageId) => {
  await using world = await startSales();
  await expect(world.deal({ stageId })).rejects.toMatchObject({
    code: "CRM_SALES_STAGE",
    status: 422,
    details: { stageId, allowed: ["new", "negotiation"] },
  });
});

test("a deal needs a pipeline that there is, and a contact that the caller may reach", async () => {
  await using world = await startSales();
  const nowhere = "00000000-0000-7000-8000-000000000001";
  await expect(world.deal({ pipelineId: nowhere })).rejects.toMatchObject({
    ...missing,
    details: { entity: "pipeline", id: nowhere },
  });
  const [pipelineId, theirs] = [(await world.pipeline()).id, (await world.contact({ ownerId: "u2" })).id];
  const attempt = (input: object) => world.as("u1", own("u1"), () => world.deal({ pipelineId, ...input }));
  await expect(attempt({ ownerId: "u1", contactId: theirs })).rejects.toMatchObject({
    ...missing,
    details: { entity: "contact", id: theirs },
  });
  await expect(attempt({ ownerId: "u2" })).rejects.toMatchObject({ code: "CRM_SALES_OUT_OF_SCOPE", status: 403 });
  expect(await attempt({ ownerId: "u1" })).toMatchObject({ ownerId: "u1" });
});

test("an amount is in the pipeline's currency", async () => {
  await using world = await startSales();
  const { id, pipelineId } = await world.deal();
  const refusal = { code: "CRM_SALES_AMOUNT", status: 422, details: { pipelineId, currency: "EUR" } };
  const dollars = { amount: "1", currency: "USD" };
  await expect(world.deal({ pipelineId, amount: dollars })).rejects.toMatchObject(refusal);
  await expect(world.kernel.bus.dispatch(UpdateDeal, { id, amount: dollars })).rejects.toMatchObject(refusal);
  const float = world.kernel.bus.dispatch(UpdateDeal, { id, amount: { amount: "1e3", currency: "EUR" } });
  await expect(float).rejects.toMatchObject({ status: 422 });
});

test("title, amount, contact and custom fields change under the version check", async () => {
  await using world = await startSales();
  const deal = await world.deal({ attributes: { size: "L" } });
  const contactId = (await world.contact()).id;
  const { bus } = world.kernel;
  const changed = await bus.dispatch(UpdateDeal, {
    id: deal.id,
    version: 1,
    title: "Fifty cups",
    amount: euros("2500.50"),
    contactId,
    attributes: { size: null, colour: "red" },
  });
  expect(changed).toMatchObject({ title: "Fifty cups", amount: euros("2500.50"), contactId, version: 2 });
  expect(changed.attributes).toEqual({ colour: "red" });
  expect((await world.events()).at(-1)).toMatchObject({ topic: "deal.updated", payload: { deal: changed } });
  expect((await world.audit("deal", deal.id))[0]).toMatchObject({
    action: "sales.deal.update",
    changes: { amount: { from: euros("2000"), to: euros("2500.50") } },
  });
  expect((await world.timeline(contactId))[0]).toMatchObject({
    kind: "deal-updated",
    data: { dealId: deal.id, fields: ["title", "amount", "contactId", "attributes.size", "attributes.colour"] },
  });
  await expect(bus.dispatch(UpdateDeal, { id: deal.id, version: 1, title: "x" })).rejects.toMatchObject({
    code: "CRM_STORAGE_VERSION_CONFLICT",
  });
  expect(await bus.dispatch(UpdateDeal, { id: deal.id, title: "Fifty cups" })).toEqual(changed);
  expect(await bus.dispatch(UpdateDeal, { id: deal.id, amount: null, contactId: null })).toMatchObject({
    amount: null,
    contactId: null,
  });
});

test("a deal is closed by a stage that wins or loses, and opened again by an open one", async () => {
  await using world = await startSales();
  const contactId = (await world.contact()).id;
  const deal = await world.deal({ contactId });
  const move = (stageId: string, reason?: string) =>
    world.kernel.bus.dispatch(MoveDeal, { id: deal.id, stageId, ...(reason === undefined ? {} : { reason }) });

  await world.clock.advance(60_000);
  const negotiated = await move("negotiation");
  expect(negotiated).toMatchObject({ stageChangedAt: "2026-01-05T09:01:00.000Z", closedAt: null, version: 2 });
  expect((await world.events()).at(-1)).toMatchObject({
    topic: "deal.stage-changed",
    payload: { deal: negotiated, previousStageId: "new" },
  });

  const lost = await move("lost", "Too dear");
  expect(lost).toMatchObject({ stageId: "lost", closedAt: "2026-01-05T09:01:00.000Z" });
  expect((await world.events()).slice(-2)).toMatchObject([
    { topic: "deal.stage-changed", payload: { previousStageId: "negotiation" } },
    { topic: "deal.lost", payload: { deal: lost, reason: "Too dear" } },
  ]);
  expect((await world.audit("deal", deal.id))[0]).toMatchObject({
    action: "sales.deal.move",
    changes: { stageId: { from: "negotiation", to: "lost" }, reason: { from: null, to: "Too dear" } },
  });
  expect((await world.timeline(contactId))[0]).toMatchObject({
    kind: "deal-stage",
    data: { dealId: deal.id, stageId: "lost", previousStageId: "negotiation", reason: "Too dear" },
  });

  await world.clock.advance(60_000);
  expect(await move("won")).toMatchObject({ closedAt: "2026-01-05T09:02:00.000Z" });
  expect(await topics(world, 2)).toEqual(["deal.stage-changed", "deal.won"]);
  expect(await move("negotiation")).toMatchObject({ closedAt: null });
  expect(await topics(world, 2)).toEqual(["deal.won", "deal.stage-changed"]);
  expect(await world.timeline(contactId)).toHaveLength(6);
});

test("a deal that is won stays won on another stage that wins", async () => {
  await using world = await startSales();
  const paid = { id: "paid", name: "Paid", kind: "won", probability: 1 };
  const { id, stages } = await world.pipeline();
  const pipeline = await world.pipeline({ name: "Tea", stages: [...stages, paid] });
  expect(pipeline.id).not.toBe(id);
  const deal = await world.deal({ pipelineId: pipeline.id });
  const won = await world.kernel.bus.dispatch(MoveDeal, { id: deal.id, stageId: "won" });
  await world.clock.advance(60_000);
  expect(await world.kernel.bus.dispatch(MoveDeal, { id: deal.id, stageId: "paid" })).toMatchObject({
    closedAt: won.closedAt,
    stageChangedAt: "2026-01-05T09:01:00.000Z",
  });
  expect(await topics(world, 2)).toEqual(["deal.won", "deal.stage-changed"]);
});

test("a move to where a deal stands leaves no trace, and one to nowhere is refused", async () => {
  await using world = await startSales();
  const deal = await world.deal();
  const before = await world.events();
  await world.clock.advance(60_000);
  expect(await world.kernel.bus.dispatch(MoveDeal, { id: deal.id, stageId: "new" })).toEqual(deal);
  await expect(world.kernel.bus.dispatch(MoveDeal, { id: deal.id, stageId: "moon" })).rejects.toMatchObject({
    code: "CRM_SALES_STAGE",
    status: 422,
    details: { stageId: "moon", allowed: ["new", "negotiation", "won", "lost"] },
  });
  expect(await world.events()).toEqual(before);
});

test("a deal is given to an owner, and to nobody", async () => {
  await using world = await startSales();
  const { id } = await world.deal({ teamId: "t1" });
  const { bus } = world.kernel;
  const given = await bus.dispatch(AssignDeal, { id, ownerId: "u1" });
  expect(given).toMatchObject({ ownerId: "u1", teamId: "t1", version: 2 });
  expect((await world.events()).at(-1)).toMatchObject({ topic: "deal.updated", payload: { deal: given } });
  expect(await bus.dispatch(AssignDeal, { id, ownerId: null, teamId: null })).toMatchObject({
    ownerId: null,
    teamId: null,
  });
});

test("a deal out of scope is as unknown as one that does not exist", async () => {
  await using world = await startSales();
  const { id } = await world.deal({ ownerId: "u1" });
  const { bus } = world.kernel;
  const stranger = <T>(work: () => Promise<T>) => world.as("u2", own("u2"), work);
  await expect(stranger(() => bus.ask(GetDeal, { id }))).rejects.toMatchObject(missing);
  await expect(stranger(() => bus.dispatch(UpdateDeal, { id, title: "Mine" }))).rejects.toMatchObject(missing);
  await expect(stranger(() => bus.dispatch(AssignDeal, { id, ownerId: "u2" }))).rejects.toMatchObject(missing);
  await expect(stranger(() => bus.dispatch(MoveDeal, { id, stageId: "won" }))).rejects.toMatchObject(missing);
  expect((await stranger(() => bus.ask(ListDeals, {}))).items).toEqual([]);
  await expect(bus.ask(GetDeal, { id: "nothing" })).rejects.toMatchObject(missing);
});

test("a list joins criteria and scope, newest first", async () => {
  await using world = await startSales();
  const pipelineId = (await world.pipeline()).id;
  const first = await world.deal({ pipelineId, ownerId: "u1" });
  const second = await world.deal({ pipelineId, ownerId: "u1", stageId: "negotiation" });
  await world.deal({ pipelineId, ownerId: "u2" });
  const list = (criteria?: ReturnType<typeof own>) =>
    world.as("u1", own("u1"), () => world.kernel.bus.ask(ListDeals, criteria ? { criteria } : {}));
  expect((await list()).items).toEqual([second, first]);
  expect((await list(where<Deal>("stageId").eq("new"))).items).toEqual([first]);
});

const tapping = (tap: Parameters<typeof definePlugin>[0]["extend"] & object) =>
  startSales({ plugins: [definePlugin({ id: "taps", version: "1.0.0", extend: tap })()] });

test("a plugin may change the sum of a deal before it is saved, new and changed", async () => {
  await using world = await tapping((hooks) => {
    hooks.tap(DealHooks.dealDraft, (deal) => ({ ...deal, amount: euros("1900"), ownerId: "u9" }));
    hooks.tap(DealHooks.dealChange, ({ previous, next }) =>
      next.stageId === "won" ? { previous, next: { ...next, amount: euros("1800") } } : { previous, next },
    );
  });
  const deal = await world.deal();
  expect(deal).toMatchObject({ amount: euros("1900"), ownerId: "u9" });
  expect(await world.kernel.bus.ask(GetDeal, { id: deal.id })).toEqual(deal);
  expect(await world.kernel.bus.dispatch(MoveDeal, { id: deal.id, stageId: "won" })).toMatchObject({
    amount: euros("1800"),
    version: 2,
  });
  expect(await topics(world, 3)).toEqual(["deal.updated", "deal.stage-changed", "deal.won"]);
});

test.each([{ amount: "1", currency: "USD" }, euros("1e3")])("a plugin's amount of %j aborts", async (amount) => {
  await using world = await tapping((hooks) => {
    hooks.tap(DealHooks.dealDraft, (deal) => (deal.title === "bad" ? { ...deal, amount } : deal));
    hooks.tap(DealHooks.dealChange, ({ previous, next }) => ({ previous, next: { ...next, amount } }));
  });
  const refusal = { code: "CRM_SALES_AMOUNT", status: 422 };
  const deal = await world.deal();
  await expect(world.deal({ pipelineId: deal.pipelineId, title: "bad" })).rejects.toMatchObject(refusal);
  await expect(world.kernel.bus.dispatch(MoveDeal, { id: deal.id, stageId: "won" })).rejects.toMatchObject(refusal);
  expect((await world.kernel.bus.ask(ListDeals, {})).items).toEqual([deal]);
});

test.each([{ stageId: "won" }, { closedAt: "2026-01-05T09:00:00.000Z" }, { contactId: "other" }, { leadId: "other" }])(
  "a plugin that changes %j on the side aborts",
  async (change) => {
    await using world = await tapping((hooks) => {
      hooks.tap(DealHooks.dealDraft, (deal) => (deal.title === "bad" ? { ...deal, ...change } : deal));
      hooks.tap(DealHooks.dealChange, ({ previous, next }) => ({ previous, next: { ...next, ...change } }));
    });
    const refusal = { code: "CRM_SALES_DRAFT_PROTECTED", details: { field: Object.keys(change)[0] } };
    const { id, pipelineId } = await world.deal();
    await expect(world.deal({ pipelineId, title: "bad" })).rejects.toMatchObject(refusal);
    await expect(world.kernel.bus.dispatch(UpdateDeal, { id, title: "x" })).rejects.toMatchObject(refusal);
  },
);

test("deals are found and listed by their amounts, as numbers", async () => {
  await using world = await startSales();
  const { pipelineId } = await world.deal({ amount: euros("99.90") });
  for (const amount of [euros("1000"), null, euros("20000.50")]) await world.deal({ pipelineId, amount });
  const ask = async (input: z.input<typeof ListDeals.input>) =>
    (await world.kernel.bus.ask(ListDeals, ListDeals.input.parse(input))).items.map(({ amount }) => amount?.amount);
  const sort = [{ field: "amount.amount", direction: "asc" as const, kind: "number" as const }];
  expect(await ask({ sort })).toEqual(["99.90", "1000", "20000.50", undefined]);
  expect(await ask({ sort, criteria: where("amount.amount").gte(1000) })).toEqual(["1000", "20000.50"]);
});

test("of two who move a deal at once, each sees what the other did", async () => {
  await using world = await startSales();
  const { id } = await world.deal();
  const move = (stageId: string) => world.kernel.bus.dispatch(MoveDeal, { id, stageId });
  await Promise.all([move("won"), move("won"), move("won")]);
  expect((await world.events()).filter(({ topic }) => topic === "deal.won")).toHaveLength(1);
});

test("a deal that is created twice with one key exists once", async () => {
  await using world = await startSales();
  const { pipelineId, amount } = await world.deal();
  const input = { title: "x", pipelineId, amount, contactId: null, ownerId: null, teamId: null, attributes: {} };
  const create = () => world.kernel.bus.dispatch(CreateDeal, input, { idempotencyKey: "one" });
  expect(await create()).toEqual(await create());
  expect((await world.kernel.bus.ask(ListDeals, {})).items).toHaveLength(2);
});
