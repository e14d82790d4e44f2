import type { SchemaStep } from "../background/migration.ts";

export const settingsSchema: readonly SchemaStep[] = [
  {
    name: "settings-1",
    statements: [
      `create table settings (
        tenant_id text collate "C" not null,
        key text collate "C" not null,
        value jsonb not null,
        updated_at timestamptz not null default now(),
        primary key (tenant_id, key)
      )`,
    ],
  },
];
