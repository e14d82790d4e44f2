import type { SchemaStep } from "../background/migration.ts";
import { writeLeadsInVersion2 } from "../intake/intake-schema.ts";

/**
 * Leads in version 2: `statusChangedAt` is called `statusSince`, and there is a reason. Conditions of roles are data
 * that name the field too. The log keeps its events as they were written: they are brought up when they are read.
 */
export const leadVersion2Schema: readonly SchemaStep[] = [
  {
    name: "lead-version-2",
    statements: [
      `alter table leads rename column status_changed_at to status_since`,
      `alter table leads add column status_reason text collate "C"`,
      writeLeadsInVersion2,
      `update roles set version = version + 1,
        grants = replace(grants::text, '"field": "statusChangedAt"', '"field": "statusSince"')::jsonb
      where grants::text like '%"field": "statusChangedAt"%'`,
    ],
  },
];
