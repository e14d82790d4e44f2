import type { SchemaStep } from "../background/migration.ts";
import { RECORD } from "./domain-schema.ts";

/** Deals and their pipelines. A stage is data of its pipeline and nothing of its own; companies are not kept here yet. */
export const dealsSchema: readonly SchemaStep[] = [
  {
    name: "deals-1",
    statements: [
      `create table pipelines (${RECORD},
      name text collate "C" not null,
      stages jsonb not null check (jsonb_typeof(stages) = 'array'),
      currency text collate "C" not null check (currency ~ '^[A-Z]{3}$')
    )`,
      `create unique index pipelines_name on pipelines (tenant_id, name) where deleted_at is null`,

      `create table deals (${RECORD},
      title text collate "C" not null,
      pipeline_id uuid not null references pipelines (id),
      stage_id text collate "C" not null,
      stage_changed_at timestamptz(3) not null,
      amount jsonb check (
        amount is null or ((amount ->> 'amount')::numeric is not null and coalesce(amount ->> 'currency', '') ~ '^[A-Z]{3}$')
      ),
      contact_id uuid references contacts (id),
      company_id uuid,
      lead_id uuid references leads (id),
      owner_id text collate "C",
      team_id text collate "C",
      closed_at timestamptz(3),
      attributes jsonb not null default '{}' check (jsonb_typeof(attributes) = 'object')
    )`,
      `create index deals_list on deals (tenant_id, id)`,
      `create index deals_stage on deals (pipeline_id, stage_id, id)`,
      `create index deals_contact on deals (contact_id, id) where contact_id is not null`,
      `create index deals_lead on deals (lead_id) where lead_id is not null`,
      `create index deals_owner on deals (tenant_id, owner_id, id) where owner_id is not null`,
    ],
  },
];
