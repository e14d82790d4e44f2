import { CrmError } from "@crmessenger/kernel";
import type { Stage } from "@crmessenger/kernel/sales";

const KINDS = ["open", "won", "lost"] as const;

/** Passes when the stages can be those of a pipeline; otherwise `CRM_SALES_STAGES` (422). */
export function requireStages(stages: readonly Stage[]): void {
  const twice = stages.find(({ id }, index) => stages.findIndex((other) => other.id === id) !== index);
  if (twice) throw refusal(`Two stages have the id "${twice.id}": give each its own.`, { stageId: twice.id });
  const missing = KINDS.find((kind) => !stages.some((stage) => stage.kind === kind));
  if (missing) throw refusal(`There is no stage of the kind "${missing}": add one.`, { kind: missing });
}

function refusal(why: string, details: Readonly<Record<string, string>>): CrmError {
  return new CrmError("CRM_SALES_STAGES", `These can't be the stages of a pipeline. ${why}`, { status: 422, details });
}
