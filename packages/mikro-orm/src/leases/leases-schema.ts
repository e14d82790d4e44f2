import type { SchemaStep } from "../background/migration.ts";

/**
 * A lease keeps its row when it is released, so that its fencing token never starts anew. `processes` says who is
 * there: a holder that was killed is noticed by its connection being gone, long before its leases run out.
 */
export const leasesSchema: readonly SchemaStep[] = [
  {
    name: "leases-1",
    statements: [
      `create table leases (
        name text primary key,
        process uuid not null,
        token bigint not null,
        expires_at timestamptz not null
      )`,
      `create table processes (
        id uuid primary key,
        backend_pid int not null,
        backend_start timestamptz not null,
        seen_at timestamptz not null
      )`,
    ],
  },
];
