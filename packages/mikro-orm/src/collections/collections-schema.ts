import type { SchemaStep } from "../background/migration.ts";

/** One table for the documents of all plugins. What a collection declares becomes indexes of its part of the table. */
export const collectionsSchema: readonly SchemaStep[] = [
  {
    name: "collections-1",
    statements: [
      `create table documents (
        collection text collate "C" not null,
        tenant_id text collate "C" not null,
        key text collate "C" not null,
        version int not null,
        value jsonb not null,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        primary key (collection, tenant_id, key)
      )`,
    ],
  },
];
