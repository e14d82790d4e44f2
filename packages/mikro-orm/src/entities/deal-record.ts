import type { Deal } from "@crmessenger/kernel/sales";
import { defineRecord } from "./define-record.ts";

export const dealRecord = defineRecord<Deal>("Deal", "deals", {
  title: "text",
  pipelineId: "uuid",
  stageId: "text",
  stageChangedAt: "time",
  amount: "json?",
  contactId: "uuid?",
  companyId: "uuid?",
  leadId: "uuid?",
  ownerId: "text?",
  teamId: "text?",
  closedAt: "time?",
  attributes: "json",
});
