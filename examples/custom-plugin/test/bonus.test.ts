import { type Plugin, definePlugin } from "@crmessenger/kernel";
import {
  CreateDeal,
  CreatePipeline,
  type Deal,
  DealHooks,
  GetDeal,
  MoveDeal,
  UpdateDeal,
} from "@crmessenger/kernel/sales";
import { memory } from "@crmessenger/memory";
import { sales } from "@crmessenger/sales";
import { type TestKernel, createTestKernel, describePlugin, eventually } from "@crmessenger/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { GetGivenBonus, bonus } from "../src/index.ts";

const OWNER = "0190a1b2-0000-7000-8000-000000000001";
const steps = [
  { from: "1000", percent: "5" },
  { from: "10000", percent: "7.5" },
];
const euros = (amount: string) => ({ amount, currency: "EUR" });

interface StartOptions {
  readonly plugins?: readonly Plugin[];
  readonly environment?: Readonly<Record<string, string>>;
}

async function start({ plugins = [], environment = {} }: StartOptions = {}): Promise<TestKernel> {
  const kernel = await createTestKernel({ plugins: [memory(), sales(), bonus({ steps }), ...plugins], environment });
  onTestFinished(() => kernel.stop());
  return kernel;
}

let pipelines = 0;

/** A deal in a pipeline of its own, in euros if nothing else is said. */
async function createDeal({ bus }: TestKernel, amount: Deal["amount"], input: Partial<Deal> = {}): Promise<Deal> {
  const currency = amount?.currency ?? "EUR";
  const { id: pipelineId } = await bus.dispatch(CreatePipeline, { name: `Coffee ${(pipelines += 1)}`, currency });
  const { title = "Coffee", ownerId = OWNER, attributes = {} } = input;
  return bus.dispatch(CreateDeal, { title, pipelineId, amount, contactId: null, ownerId, teamId: null, attributes });
}

const move = ({ bus }: TestKernel, { id }: Deal, stageId: string) => bus.dispatch(MoveDeal, { id, stageId });

describe("a deal", () => {
  test.each([
    ["999.99", "999.99", undefined],
    ["1200", "1140.00", "60.00"],
    ["1999.9999", "1899.9999", "100.00"],
    ["20000.00", "18500.00", "1500.00"],
    ["-1200.00", "-1200.00", undefined],
  ])("of %s is stored with %s, and says that %s was taken off", async (amount, left, brought) => {
    const kernel = await start();
    const deal = await createDeal(kernel, euros(amount), { attributes: { colour: "red" } });
    expect(deal.amount).toEqual(euros(left));
    expect(deal.attributes).toEqual({ colour: "red", ...(brought === undefined ? {} : { bonus: brought }) });
    expect(await kernel.bus.ask(GetDeal, { id: deal.id })).toEqual(deal);
  });

  test("gets another bonus with another sum, none without one, and no second one with the same", async () => {
    const kernel = await start();
    const { id } = await createDeal(kernel, euros("1200.00"));
    const update = (change: object) => kernel.bus.dispatch(UpdateDeal, { id, ...change });
    expect(await update({ title: "Tea" })).toMatchObject({ amount: euros("1140.00"), attributes: { bonus: "60.00" } });
    expect(await update({ amount: euros("20000") })).toMatchObject({ amount: euros("18500.00") });
    expect(await update({ amount: null })).toMatchObject({ amount: null, attributes: {} });
    expect((await update({ amount: euros("10") })).attributes).toEqual({});
  });

  test("keeps its own field: nobody writes a bonus by hand", async () => {
    const kernel = await start();
    const { id, attributes } = await createDeal(kernel, euros("1200.00"), { attributes: { bonus: "9999.00" } });
    expect(attributes).toEqual({ bonus: "60.00" });
    const updated = await kernel.bus.dispatch(UpdateDeal, { id, attributes: { bonus: "9999.00" } });
    expect(updated.attributes).toEqual({ bonus: "60.00" });
  });

  test("counts the sum that other plugins leave", async () => {
    const discount = definePlugin({
      id: "discount",
      version: "1.0.0",
      extend: (taps) => taps.tap(DealHooks.dealDraft, (deal) => ({ ...deal, amount: euros("1000") })),
    });
    const deal = await createDeal(await start({ plugins: [discount()] }), euros("20000"));
    expect(deal).toMatchObject({ amount: euros("950.00"), attributes: { bonus: "50.00" } });
  });

  test("brings no more than the environment allows", async () => {
    const deal = await createDeal(await start({ environment: { BONUS_CAP: "100.00" } }), euros("20000"));
    expect(deal).toMatchObject({ amount: euros("19900.00"), attributes: { bonus: "100.00" } });
  });
});

describe("an owner", () => {
  const given = (kernel: TestKernel) => kernel.bus.ask(GetGivenBonus, { ownerId: OWNER });

  test("gives away the bonuses of deals that are won, each currency by itself", async () => {
    const kernel = await start();
    expect(await given(kernel)).toEqual({ deals: 0, sums: [] });
    for (const amount of ["1200.00", "10000", "5"]) await move(kernel, await createDeal(kernel, euros(amount)), "won");
    await move(kernel, await createDeal(kernel, { amount: "1000", currency: "USD" }), "won");
    await eventually(async () => {
      const { deals, sums } = await given(kernel);
      expect(deals).toBe(3);
      expect(new Map(sums.map(({ amount, currency }) => [currency, amount]))).toEqual(
        new Map([
          ["EUR", "810.00"],
          ["USD", "50.00"],
        ]),
      );
    });
  });

  test("gives away once what is won twice, and nothing with what is lost or opened again", async () => {
    const kernel = await start();
    const [twice, lost, opened] = [
      await createDeal(kernel, euros("1200")),
      await createDeal(kernel, euros("1200")),
      await createDeal(kernel, euros("1200")),
    ];
    for (const deal of [twice, lost, opened]) await move(kernel, deal, "won");
    await eventually(async () => expect((await given(kernel)).deals).toBe(3));
    await move(kernel, twice, "new");
    await move(kernel, twice, "won");
    await move(kernel, lost, "lost");
    await move(kernel, opened, "negotiation");
    await eventually(async () => expect(await given(kernel)).toEqual({ deals: 1, sums: [euros("60.00")] }));
  });

  test("gives nothing away with what is nobody's, or has no bonus", async () => {
    const kernel = await start();
    await move(kernel, await createDeal(kernel, euros("1200"), { ownerId: null }), "won");
    await move(kernel, await createDeal(kernel, null), "won");
    await move(kernel, await createDeal(kernel, euros("1000")), "won"); // events of one subscription come in order
    await eventually(async () => expect(await given(kernel)).toEqual({ deals: 1, sums: [euros("50.00")] }));
  });
});

describe("the boot", () => {
  test.each([
    ["no step", { steps: [] }, "steps"],
    ["a step of a float", { steps: [{ from: 1000, percent: 5 }] }, "steps"],
    ["more than there is", { steps: [{ from: "1", percent: "100.5" }] }, "at most 100"],
    ["a field without a name", { steps, field: "" }, "field"],
  ])("is refused with %s, naming the plugin", async (_, options, why) => {
    const boot = createTestKernel({ plugins: [memory(), sales(), bonus(options as never)] });
    await expect(boot).rejects.toMatchObject({ code: "CRM_PLUGIN_OPTIONS", message: expect.stringContaining(why) });
  });

  test("is refused with a cap that is no number", async () => {
    await expect(start({ environment: { BONUS_CAP: "a lot" } })).rejects.toThrow('BONUS_CAP is "a lot"');
  });
});

describePlugin({
  name: "bonus",
  plugin: () => bonus({ steps }),
  others: () => [memory(), sales()],
  exercise: async (kernel) => void (await move(kernel, await createDeal(kernel, euros("1200.00")), "won")),
});
