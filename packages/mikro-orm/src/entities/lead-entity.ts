import { defineEntity, p } from "@mikro-orm/core";
import type { Attributes } from "@crmessenger/kernel/infrastructure";
import type { LeadSource } from "@crmessenger/kernel/sales";
import { document, recordProperties, reference, time } from "./record-properties.ts";

export const LeadEntity = defineEntity({
  name: "Lead",
  tableName: "leads",
  properties: {
    ...recordProperties,
    title: p.text(),
    contactId: reference(),
    status: p.text(),
    statusChangedAt: time(),
    source: document<LeadSource>(),
    ownerId: p.text().nullable(),
    teamId: p.text().nullable(),
    attributes: document<Attributes>(),
  },
});
