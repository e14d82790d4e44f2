import type { SchemaStep } from "./background/migration.ts";
import { attributeIndexesSchema } from "./attribute-indexes/attribute-indexes-schema.ts";
import { collectionsSchema } from "./collections/collections-schema.ts";
import { dealsSchema } from "./entities/deals-schema.ts";
import { domainSchema } from "./entities/domain-schema.ts";
import { leadVersion2Schema } from "./entities/lead-version-2-schema.ts";
import { eventsSchema } from "./events/events-schema.ts";
import { intakeSchema } from "./intake/intake-schema.ts";
import { jobsSchema } from "./jobs/jobs-schema.ts";
import { leasesSchema } from "./leases/leases-schema.ts";
import { ledgerSchema } from "./ledger/ledger-schema.ts";
import { rateBudgetSchema } from "./rate-budget/rate-budget-schema.ts";
import { secretsSchema } from "./secrets/secrets-schema.ts";
import { settingsSchema } from "./settings/settings-schema.ts";

/** The database's whole history, oldest first. New steps are added at the end. */
export const migrations: readonly SchemaStep[] = [
  ...domainSchema,
  ...ledgerSchema,
  ...eventsSchema,
  ...intakeSchema,
  ...leasesSchema,
  ...secretsSchema,
  ...settingsSchema,
  ...rateBudgetSchema,
  ...collectionsSchema,
  ...jobsSchema,
  ...leadVersion2Schema,
  ...dealsSchema,
  ...attributeIndexesSchema,
];
