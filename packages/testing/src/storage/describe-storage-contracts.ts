import { describeAttributeIndexes } from "./describe-attribute-indexes.ts";
import { describeAuditor } from "./describe-auditor.ts";
import { describeCollections } from "./describe-collections.ts";
import { describeCriteria } from "./describe-criteria.ts";
import { describeDurability } from "./describe-durability.ts";
import { describeIdempotency } from "./describe-idempotency.ts";
import { describeLeases } from "./describe-leases.ts";
import { describeRateBudget } from "./describe-rate-budget.ts";
import { describeSecrets } from "./describe-secrets.ts";
import { describeSettings } from "./describe-settings.ts";
import { describeTimeline } from "./describe-timeline.ts";
import { describeEventLog } from "./event-log/describe-event-log.ts";
import { describeIntake } from "./intake/describe-intake.ts";
import { intakeProbe } from "./intake/intake-probe.ts";
import { describeJobs } from "./jobs/describe-jobs.ts";
import { describeRepository } from "./repository/describe-repository.ts";
import type { StorageHarness } from "./storage-harness.ts";
import { shareStorage } from "./storage-world.ts";
import { describeUnitOfWork } from "./unit-of-work/describe-unit-of-work.ts";
import { describe } from "../suite/suite-api.ts";

/**
 * Every suite of the storage contracts, on one database and kernel: what a storage plugin must pass. Each suite can
 * also be called on its own, and then starts on a database of its own.
 */
export function describeStorageContracts(harness: StorageHarness): void {
  describe(`${harness.name} storage`, () => {
    const shared = shareStorage(harness, [intakeProbe()]);
    describeUnitOfWork(shared);
    describeRepository(shared);
    describeCriteria(shared);
    describeAttributeIndexes(shared);
    describeCollections(shared);
    describeSecrets(shared);
    describeSettings(shared);
    describeAuditor(shared);
    describeTimeline(shared);
    describeIdempotency(shared);
    describeLeases(shared);
    describeRateBudget(shared);
    describeEventLog(shared);
    describeJobs(shared);
    describeIntake(shared);
    describeDurability(harness);
  });
}
