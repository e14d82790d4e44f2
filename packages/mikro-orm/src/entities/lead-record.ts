import type { Lead } from "@crmessenger/kernel/sales";
import { defineRecord } from "./define-record.ts";

export const leadRecord = defineRecord<Lead>("Lead", "leads", {
  title: "text",
  contactId: "uuid",
  status: "text",
  statusSince: "time",
  statusReason: "text?",
  source: "json",
  ownerId: "text?",
  teamId: "text?",
  attributes: "json",
});
