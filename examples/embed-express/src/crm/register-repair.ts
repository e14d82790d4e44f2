import type { Kernel } from "@crmessenger/kernel";
import type { AccessSubject } from "@crmessenger/kernel/iam";
import { CreateContact, CreateLead } from "@crmessenger/kernel/sales";
import type { Repair } from "../workshop/workshop-database.ts";

/**
 * Makes a lead of a repair, as the person who took it in. Two databases share no transaction: the repair's id is the
 * idempotency key, so that this can be repeated after any failure and never makes a second lead. Answers the lead's id.
 */
export function registerRepair(kernel: Kernel, subject: AccessSubject, repair: Repair): Promise<string> {
  const { id: ownerId, tenantId } = subject;
  const { bus } = kernel;
  const idempotencyKey = repair.id;
  const work = async () => {
    const person = { name: repair.customer, identities: [], ownerId, attributes: {} };
    const { contact } = await bus.dispatch(CreateContact, person, { idempotencyKey });
    const source = { channel: "workshop" };
    const attributes = { repairId: repair.id };
    const lead = { title: repair.bicycle, contactId: contact.id, source, ownerId, teamId: null, attributes };
    return (await bus.dispatch(CreateLead, lead, { idempotencyKey })).id;
  };
  return kernel.run(work, { subject, tenantId, actor: { kind: "user", id: ownerId } });
}
