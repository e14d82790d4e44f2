import type { Contact } from "@crmessenger/kernel/sales";
import { defineRecord } from "./define-record.ts";

export const contactRecord = defineRecord<Contact>("Contact", "contacts", {
  name: "text",
  ownerId: "text?",
  attributes: "json",
});
