import type { StorageHarness } from "../storage-harness.ts";
import { describeOn } from "../storage-world.ts";
import { appending } from "./appending.ts";
import { checkpoints } from "./checkpoints.ts";
import { delivering } from "./delivering.ts";
import { dying } from "./dying.ts";
import { failing } from "./failing.ts";
import { jumping } from "./jumping.ts";
import { reading } from "./reading.ts";

/** What every EventLog promises. Uses LeadRepository and Collections for effects of subscribers. */
export function describeEventLog(harness: StorageHarness): void {
  describeOn(harness, "EventLog", (suite) => {
    appending(suite);
    reading(suite);
    delivering(suite);
    failing(suite);
    dying(suite);
    jumping(suite);
    checkpoints(suite);
  });
}
