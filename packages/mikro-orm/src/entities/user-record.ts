import type { User } from "@crmessenger/kernel/iam";
import { defineRecord } from "./define-record.ts";

export const userRecord = defineRecord<User>("User", "users", {
  email: "text",
  name: "text",
  roleIds: "list",
  teamIds: "list",
  timeZone: "text",
  locale: "text",
  active: "boolean",
});
