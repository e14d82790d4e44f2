import type { SchemaStep } from "../background/migration.ts";

/**
 * What is written along with every change and never changed itself. Rows refer by id alone: a foreign key would lock
 * the row it points to on the hottest path, and a ledger outlives what it tells of.
 */
export const ledgerSchema: readonly SchemaStep[] = [
  {
    name: "ledger-1",
    statements: [
      `create table activities (
      contact_id uuid not null,
      id uuid not null,
      tenant_id text collate "C" not null,
      lead_id uuid,
      kind text collate "C" not null,
      actor_kind text collate "C" not null,
      actor_id text collate "C" not null,
      at timestamptz(3) not null,
      data jsonb not null,
      primary key (contact_id, id)
    )`,
      `create index activities_lead on activities (lead_id, id) where lead_id is not null`,

      `create table audit_entries (
      target_id text collate "C" not null,
      id uuid not null,
      tenant_id text collate "C" not null,
      target_type text collate "C" not null,
      action text collate "C" not null,
      actor_kind text collate "C" not null,
      actor_id text collate "C" not null,
      changes jsonb,
      correlation_id text collate "C" not null,
      at timestamptz(3) not null,
      primary key (target_id, id)
    )`,

      `create table idempotency_claims (
      tenant_id text collate "C" not null,
      actor text collate "C" not null,
      operation text collate "C" not null,
      key text collate "C" not null,
      input_hash text collate "C" not null,
      output jsonb,
      claimed_at timestamptz(3) not null,
      primary key (tenant_id, actor, operation, key)
    )`,
      `create index idempotency_claims_age on idempotency_claims (claimed_at)`,
    ],
  },
];
