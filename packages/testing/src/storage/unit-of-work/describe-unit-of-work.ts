import type { StorageHarness } from "../storage-harness.ts";
import { describeOn } from "../storage-world.ts";
import { afterCommit } from "./after-commit.ts";
import { commitAndRollback } from "./commit-and-rollback.ts";
import { concurrency } from "./concurrency.ts";
import { fencing } from "./fencing.ts";
import { joining } from "./joining.ts";

/** What every UnitOfWork promises. Uses ContactRepository; one test writes through every storage contract. */
export function describeUnitOfWork(harness: StorageHarness): void {
  describeOn(harness, "UnitOfWork", (suite) => {
    commitAndRollback(suite);
    joining(suite);
    concurrency(suite);
    afterCommit(suite);
    fencing(suite);
  });
}
