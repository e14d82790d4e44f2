import {
  describeAuditor,
  describeCriteria,
  describeIdempotency,
  describeIntake,
  describeLeases,
  describeRateBudget,
  describeRepository,
  describeSecrets,
  describeSettings,
  describeTimeline,
  describeUnitOfWork,
} from "@crmessenger/testing";
import { describe } from "vitest";
import { pgliteHarness, postgresHarness } from "./storage-harnesses.ts";

for (const harness of [pgliteHarness, postgresHarness]) {
  describe(harness.name, () => {
    describeIntake(harness);
    describeUnitOfWork(harness);
    describeRepository(harness);
    describeCriteria(harness);
    describeAuditor(harness);
    describeTimeline(harness);
    describeIdempotency(harness);
    describeSecrets(harness);
    describeSettings(harness);
    describeLeases(harness);
    describeRateBudget(harness);
  });
}
