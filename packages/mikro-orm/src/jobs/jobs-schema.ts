import type { SchemaStep } from "../background/migration.ts";

/** The queue itself is pg-boss's, in a schema of its own that it keeps up to date by itself. */
export const jobsSchema: readonly SchemaStep[] = [
  {
    name: "jobs-1",
    statements: [
      `create table job_dead_letters (
        id uuid primary key,
        name text not null,
        key text,
        tenant_id text not null,
        data jsonb not null,
        attempts int not null,
        error_code text not null,
        error_message text not null,
        enqueued_at timestamptz not null,
        died_at timestamptz not null default now()
      )`,
      `create index job_dead_letters_name on job_dead_letters (name)`,
    ],
  },
];
