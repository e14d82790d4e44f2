import { type Kernel, createKernel } from "@crmessenger/kernel";
import { CreateDeal, CreatePipeline, type Deal, MoveDeal, UpdateDeal } from "@crmessenger/kernel/sales";
import { memory } from "@crmessenger/memory";
import { sales } from "@crmessenger/sales";
import { GetGivenBonus, type GivenTotal, bonus } from "../../src/index.ts";

const OWNER = "0190a1b2-0000-7000-8000-000000000001";

/** An application that has the plugin: somewhere to try it out. */
export function startApp(): Promise<Kernel> {
  const steps = [
    { from: "1000", percent: "5" },
    { from: "10000", percent: "7.5" },
  ];
  return createKernel({ plugins: [memory(), sales(), bonus({ steps })] });
}

/** A deal grows and is won. Answers it as it was stored on the way. */
export async function sellCoffee({ bus }: Kernel): Promise<readonly Deal[]> {
  const pipeline = await bus.dispatch(CreatePipeline, { name: "Coffee", currency: "EUR" });
  const deal = await bus.dispatch(CreateDeal, {
    title: "Coffee for the office",
    pipelineId: pipeline.id,
    amount: { amount: "1200.00", currency: "EUR" },
    contactId: null,
    ownerId: OWNER,
    teamId: null,
    attributes: {},
  });
  const raised = await bus.dispatch(UpdateDeal, { id: deal.id, amount: { amount: "12000.00", currency: "EUR" } });
  await bus.dispatch(MoveDeal, { id: deal.id, stageId: "won" });
  return [deal, raised];
}

export function given({ bus }: Kernel): Promise<GivenTotal> {
  return bus.ask(GetGivenBonus, { ownerId: OWNER });
}
