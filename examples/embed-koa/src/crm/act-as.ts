import type { Kernel } from "@crmessenger/kernel";
import type { Staff } from "../shop/staff.ts";
import { subjectOf } from "./shop-access.ts";

/** Runs work in the kernel as somebody of the shop: with their rights, and their name in the audit. */
export function actAs<T>(kernel: Kernel, staff: Staff, work: () => Promise<T>): Promise<T> {
  const subject = subjectOf(staff);
  return kernel.run(work, { subject, actor: { kind: "user", id: subject.id }, tenantId: subject.tenantId });
}
