import type { Team } from "@crmessenger/kernel/iam";
import { defineRecord } from "./define-record.ts";

export const teamRecord = defineRecord<Team>("Team", "teams", { name: "text", parentId: "uuid?" });
