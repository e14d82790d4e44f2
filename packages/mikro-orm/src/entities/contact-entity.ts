import { defineEntity, p } from "@mikro-orm/core";
import type { Attributes } from "@crmessenger/kernel/infrastructure";
import { document, recordProperties } from "./record-properties.ts";

export const ContactEntity = defineEntity({
  name: "Contact",
  tableName: "contacts",
  properties: {
    ...recordProperties,
    name: p.text(),
    ownerId: p.text().nullable(),
    attributes: document<Attributes>(),
  },
});
