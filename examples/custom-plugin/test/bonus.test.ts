import { type Plugin, definePlugin } from "@crmessenger/kernel";
import type { Attributes } from "@crmessenger/kernel/infrastructure";
import {
  AssignLead,
  ChangeLeadStatus,
  CreateContact,
  CreateLead,
  type Lead,
  SalesHooks,
  UpdateLead,
} from "@crmessenger/kernel/sales";
import { memory } from "@crmessenger/memory";
import { sales } from "@crmessenger/sales";
import { type TestKernel, createTestKernel, describePlugin, eventually } from "@crmessenger/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { GetEarnedBonus, bonus } from "../src/index.ts";

const OWNER = "0190a1b2-0000-7000-8000-000000000001";
const steps = [
  { from: "1000", percent: "5" },
  { from: "10000", percent: "7.5" },
];

interface StartOptions {
  readonly plugins?: readonly Plugin[];
  readonly environment?: Readonly<Record<string, string>>;
}

async function start({ plugins = [], environment = {} }: StartOptions = {}): Promise<TestKernel> {
  const kernel = await createTestKernel({ plugins: [memory(), sales(), bonus({ steps }), ...plugins], environment });
  onTestFinished(() => kernel.stop());
  return kernel;
}

async function createLead({ bus }: TestKernel, attributes: Attributes): Promise<Lead> {
  const { contact } = await bus.dispatch(CreateContact, { name: "Ada", identities: [], ownerId: null, attributes: {} });
  const source = { channel: "manual" };
  return bus.dispatch(CreateLead, {
    title: "Coffee",
    contactId: contact.id,
    source,
    ownerId: OWNER,
    teamId: null,
    attributes,
  });
}

async function convert({ bus }: TestKernel, { id }: Lead): Promise<void> {
  for (const status of ["in-progress", "qualified", "converted"]) await bus.dispatch(ChangeLeadStatus, { id, status });
}

describe("a lead", () => {
  test("is stored with the bonus that its sum brings", async () => {
    const lead = await createLead(await start(), { sum: "1200.00", colour: "red" });
    expect(lead.attributes).toEqual({ sum: "1200.00", colour: "red", bonus: "60.00" });
  });

  test("gets another bonus with another sum, and none without one", async () => {
    const kernel = await start();
    const { id } = await createLead(kernel, { sum: "1200.00" });
    const raised = await kernel.bus.dispatch(UpdateLead, { id, attributes: { sum: "20000" } });
    expect(raised.attributes).toEqual({ sum: "20000", bonus: "1500.00" });
    const removed = await kernel.bus.dispatch(UpdateLead, { id, attributes: { sum: null } });
    expect(removed.attributes).not.toHaveProperty("bonus");
  });

  test("keeps its own field: nobody writes a bonus by hand", async () => {
    const kernel = await start();
    const { id, attributes } = await createLead(kernel, { sum: "1200.00", bonus: "9999.00" });
    expect(attributes["bonus"]).toBe("60.00");
    const updated = await kernel.bus.dispatch(UpdateLead, { id, attributes: { bonus: "9999.00" } });
    expect(updated.attributes["bonus"]).toBe("60.00");
  });

  test("counts the sum that other plugins leave", async () => {
    const discount = definePlugin({
      id: "discount",
      version: "1.0.0",
      extend: (taps) =>
        taps.tap(SalesHooks.leadDraft, (lead) => ({ ...lead, attributes: { ...lead.attributes, sum: "1000" } })),
    });
    const lead = await createLead(await start({ plugins: [discount()] }), { sum: "20000" });
    expect(lead.attributes).toEqual({ sum: "1000", bonus: "50.00" });
  });

  test("with a sum that is no number is refused, and nothing is stored", async () => {
    const kernel = await start();
    await expect(createLead(kernel, { sum: 1200.5 })).rejects.toMatchObject({
      status: 422,
      message: expect.stringContaining('Write a sum as decimal text, such as "1999.90"'),
      details: { plugin: "bonus", code: "CRM_BONUS_SUM" },
    });
  });

  test("brings no more than the environment allows", async () => {
    const lead = await createLead(await start({ environment: { BONUS_CAP: "100.00" } }), { sum: "20000" });
    expect(lead.attributes["bonus"]).toBe("100.00");
  });
});

describe("an owner", () => {
  const earned = (kernel: TestKernel) => kernel.bus.ask(GetEarnedBonus, { ownerId: OWNER });

  test("earns the bonus of a lead when it is converted", async () => {
    const kernel = await start();
    expect(await earned(kernel)).toEqual({ leads: 0, sum: "0.00" });
    for (const sum of ["1200.00", "10000", "5"]) await convert(kernel, await createLead(kernel, { sum }));
    await eventually(async () => expect(await earned(kernel)).toEqual({ leads: 3, sum: "810.00" }));
  });

  test("earns nothing from what is somebody else's, without a sum, or not converted", async () => {
    const kernel = await start();
    const given = await createLead(kernel, { sum: "1200.00" });
    await kernel.bus.dispatch(AssignLead, { id: given.id, ownerId: null });
    await convert(kernel, given);
    await convert(kernel, await createLead(kernel, {}));
    await kernel.bus.dispatch(ChangeLeadStatus, {
      id: (await createLead(kernel, { sum: "1200" })).id,
      status: "disqualified",
    });
    await convert(kernel, await createLead(kernel, { sum: "1000" })); // events of one subscription come in order
    await eventually(async () => expect(await earned(kernel)).toEqual({ leads: 1, sum: "50.00" }));
  });
});

describe("the boot", () => {
  test.each([
    ["no step", { steps: [] }, "steps"],
    ["a step of a float", { steps: [{ from: 1000, percent: 5 }] }, "steps"],
    ["one field for both", { steps, sumField: "x", bonusField: "x" }, "two fields"],
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
  exercise: async (kernel) => convert(kernel, await createLead(kernel, { sum: "1200.00" })),
});
