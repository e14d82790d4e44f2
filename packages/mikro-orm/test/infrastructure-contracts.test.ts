import { describeCollections, describeDurability, describeEventLog, describeJobs } from "@crmessenger/testing";
import { describe } from "vitest";
import { pgliteHarness, postgresHarness } from "./storage-harnesses.ts";

for (const harness of [pgliteHarness, postgresHarness]) {
  describe(harness.name, () => {
    describeCollections(harness);
    describeEventLog(harness);
    describeJobs(harness);
    describeDurability(harness);
  });
}
