import { type AuditRecord, Auditor } from "@crmessenger/kernel/infrastructure";
import { expect } from "vitest";
import type { TestKernel } from "../kernel/create-test-kernel.ts";
import { type MatcherContext, type Outcome, search } from "./outcome.ts";

export function toHaveAudited(
  this: MatcherContext,
  kernel: TestKernel,
  action: string,
  target: AuditRecord["target"],
  ...[entry = {}]: readonly [Partial<AuditRecord>?]
): Promise<Outcome> {
  const detail = Object.keys(entry).length === 0 ? "" : ` with ${this.utils.stringify(entry)}`;
  return search(this, {
    all: () => kernel.get(Auditor).history(target),
    matches: (record) => this.equals(record, expect.objectContaining({ ...entry, action })),
    wanted: `${action} in the audit of ${target.type} ${target.id}${detail}`,
    show: ({ action: there, actor, changes }) => ({ action: there, actor, changes }),
  });
}
