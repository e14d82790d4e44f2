import type { SchemaStep } from "../background/migration.ts";

/** Which tenant asked for which index of a custom field. The indexes themselves are PostgreSQL's to know. */
export const attributeIndexesSchema: readonly SchemaStep[] = [
  {
    name: "attribute-indexes-1",
    statements: [
      `create table attribute_indexes (
        tenant_id text collate "C" not null,
        entity text collate "C" not null,
        field text collate "C" not null,
        kind text collate "C" not null,
        is_unique boolean not null,
        failure text,
        primary key (tenant_id, entity, field)
      )`,
    ],
  },
];
