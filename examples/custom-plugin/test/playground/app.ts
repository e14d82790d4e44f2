import { type Kernel, createKernel } from "@crmessenger/kernel";
import { ChangeLeadStatus, CreateContact, CreateLead, type Lead, UpdateLead } from "@crmessenger/kernel/sales";
import { memory } from "@crmessenger/memory";
import { sales } from "@crmessenger/sales";
import { type EarnedBonus, GetEarnedBonus, bonus } from "../../src/index.ts";

const OWNER = "0190a1b2-0000-7000-8000-000000000001";

/** An application that has the plugin: somewhere to try it out. */
export function startApp(): Promise<Kernel> {
  const steps = [
    { from: "1000", percent: "5" },
    { from: "10000", percent: "7.5" },
  ];
  return createKernel({ plugins: [memory(), sales(), bonus({ steps })] });
}

/** A lead grows and is converted. Answers it as it was stored on the way. */
export async function sellCoffee({ bus }: Kernel): Promise<readonly Lead[]> {
  const { contact } = await bus.dispatch(CreateContact, {
    name: "Ada",
    identities: [],
    ownerId: OWNER,
    attributes: {},
  });
  const lead = await bus.dispatch(CreateLead, {
    title: "Coffee for the office",
    contactId: contact.id,
    source: { channel: "manual" },
    ownerId: OWNER,
    teamId: null,
    attributes: { sum: "1200.00" },
  });
  const raised = await bus.dispatch(UpdateLead, { id: lead.id, attributes: { sum: "12000.00" } });
  for (const status of ["in-progress", "qualified", "converted"]) {
    await bus.dispatch(ChangeLeadStatus, { id: lead.id, status });
  }
  return [lead, raised];
}

export function earned({ bus }: Kernel): Promise<EarnedBonus> {
  return bus.ask(GetEarnedBonus, { ownerId: OWNER });
}
