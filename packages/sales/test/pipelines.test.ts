import { CreatePipeline, ListPipelines, MoveDeal, UpdatePipeline, defaultStages } from "@crmessenger/kernel/sales";
import { where } from "@crmessenger/kernel/infrastructure";
import { expect, test } from "vitest";
import { startSales } from "./sales-world.ts";

const stages = [
  { id: "talk", name: "Talk", kind: "open", probability: 0.2 },
  { id: "bought", name: "Bought", kind: "won", probability: 1 },
  { id: "went", name: "Went", kind: "lost", probability: 0 },
] as const;

test("a pipeline begins with the default stages, or with those it is given", async () => {
  await using world = await startSales();
  const plain = await world.pipeline();
  expect(plain).toMatchObject({ name: "Coffee", currency: "EUR", stages: defaultStages, version: 1 });
  const own = await world.pipeline({ name: "Tea", stages });
  expect(own.stages).toEqual(stages);
  expect((await world.kernel.bus.ask(ListPipelines, {})).items).toEqual([own, plain]);
  expect(await world.audit("pipeline", own.id)).toMatchObject([
    { action: "sales.pipeline.create", changes: { name: { from: null, to: "Tea" } } },
  ]);
});

test.each([
  ["two stages of one id", [...stages, { ...stages[0], name: "Again" }], { stageId: "talk" }],
  ["no stage that wins", stages.filter(({ kind }) => kind !== "won"), { kind: "won" }],
  ["no stage that loses", stages.filter(({ kind }) => kind !== "lost"), { kind: "lost" }],
  ["no stage that is open", stages.filter(({ kind }) => kind !== "open"), { kind: "open" }],
])("a pipeline with %s is refused", async (_, wrong, details) => {
  await using world = await startSales();
  const refusal = { code: "CRM_SALES_STAGES", status: 422, details };
  await expect(world.pipeline({ stages: wrong })).rejects.toMatchObject(refusal);
  const { id } = await world.pipeline();
  const update = world.kernel.bus.dispatch(UpdatePipeline, { id, stages: wrong });
  await expect(update).rejects.toMatchObject(refusal);
});

test("a name occurs once", async () => {
  await using world = await startSales();
  await world.pipeline();
  const taken = { code: "CRM_SALES_PIPELINE_TAKEN", status: 409, details: { name: "Coffee" } };
  await expect(world.pipeline()).rejects.toMatchObject(taken);
  const { id } = await world.pipeline({ name: "Tea" });
  await expect(world.kernel.bus.dispatch(UpdatePipeline, { id, name: "Coffee" })).rejects.toMatchObject(taken);
});

test("name and stages change under the version check", async () => {
  await using world = await startSales();
  const { id } = await world.pipeline();
  const { bus } = world.kernel;
  const changed = await bus.dispatch(UpdatePipeline, { id, version: 1, name: "Tea", stages: [...stages] });
  expect(changed).toMatchObject({ name: "Tea", stages, currency: "EUR", version: 2 });
  await expect(bus.dispatch(UpdatePipeline, { id, version: 1, name: "Cocoa" })).rejects.toMatchObject({
    code: "CRM_STORAGE_VERSION_CONFLICT",
  });
  expect(await bus.dispatch(UpdatePipeline, { id, name: "Tea" })).toEqual(changed);
  expect(await world.audit("pipeline", id)).toHaveLength(2);
  const none = bus.dispatch(UpdatePipeline, { id: "00000000-0000-7000-8000-000000000001", name: "x" });
  await expect(none).rejects.toMatchObject({ code: "CRM_SALES_NOT_FOUND", details: { entity: "pipeline" } });
});

test("a stage that deals stand on neither goes nor becomes another kind of stage", async () => {
  await using world = await startSales();
  const { id } = await world.pipeline({ stages });
  const deal = await world.deal({ pipelineId: id });
  const { bus } = world.kernel;
  const replace = (talk: readonly object[]) =>
    bus.dispatch(UpdatePipeline, { id, stages: [...talk, ...stages.slice(1), { ...stages[0], id: "new" }] as never });
  const inUse = { code: "CRM_SALES_STAGE_IN_USE", status: 409, details: { pipelineId: id, stageId: "talk" } };
  await expect(replace([])).rejects.toMatchObject(inUse);
  await expect(replace([{ ...stages[0], kind: "lost" }])).rejects.toMatchObject(inUse);
  expect(await replace([{ ...stages[0], name: "Chat", probability: 0.3 }])).toMatchObject({ version: 2 });
  await bus.dispatch(MoveDeal, { id: deal.id, stageId: "new" });
  expect(await replace([])).toMatchObject({ version: 3 });
});

test("a stage does not go while a deal comes to it", async () => {
  await using world = await startSales();
  const { id } = await world.pipeline();
  const without = defaultStages.filter((stage) => stage.id !== "new");
  const results = await Promise.allSettled([
    world.deal({ pipelineId: id, stageId: "new" }),
    world.kernel.bus.dispatch(UpdatePipeline, { id, stages: without }),
  ]);
  expect(results.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
});

test("a pipeline is nobody's own: owners' and teams' scopes reach none", async () => {
  await using world = await startSales();
  await world.pipeline();
  const { bus } = world.kernel;
  const seller = <T>(work: () => Promise<T>) => world.as("u1", where("ownerId").eq("u1"), work);
  expect((await seller(() => bus.ask(ListPipelines, {}))).items).toEqual([]);
  await expect(seller(() => bus.dispatch(CreatePipeline, { name: "Mine", currency: "EUR" }))).rejects.toMatchObject({
    code: "CRM_SALES_OUT_OF_SCOPE",
    message: expect.stringContaining("scope all") as string,
  });
});
