import type { StorageHarness } from "../storage-harness.ts";
import { describeOn } from "../storage-world.ts";
import { coalescing } from "./coalescing.ts";
import { dying } from "./dying.ts";
import { jumping } from "./jumping.ts";
import { retrying } from "./retrying.ts";
import { running } from "./running.ts";
import { scheduling } from "./scheduling.ts";
import { stopping } from "./stopping.ts";
import { transactions } from "./transactions.ts";

/** What every Jobs promises. */
export function describeJobs(harness: StorageHarness): void {
  describeOn(harness, "Jobs", (suite) => {
    running(suite);
    transactions(suite);
    retrying(suite);
    coalescing(suite);
    scheduling(suite);
    stopping(suite);
    dying(suite);
    jumping(suite);
  });
}
