import type { SchemaStep } from "../background/migration.ts";

export const secretsSchema: readonly SchemaStep[] = [
  {
    name: "secrets-1",
    statements: [
      `create table secrets (
        tenant_id text collate "C" not null,
        namespace text collate "C" not null,
        key text collate "C" not null,
        version int not null,
        sealed bytea not null,
        updated_at timestamptz not null default now(),
        primary key (tenant_id, namespace, key)
      )`,
    ],
  },
];
