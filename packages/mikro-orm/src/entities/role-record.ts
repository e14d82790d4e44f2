import type { Role } from "@crmessenger/kernel/iam";
import { defineRecord } from "./define-record.ts";

export const roleRecord = defineRecord<Role>("Role", "roles", { name: "text", grants: "json" });
