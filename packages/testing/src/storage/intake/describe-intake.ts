import type { StorageHarness } from "../storage-harness.ts";
import { describeOn } from "../storage-world.ts";
import { duplicates } from "./duplicates.ts";
import { dying } from "./dying.ts";
import { effects } from "./effects.ts";
import { groups } from "./groups.ts";
import { intakeProbe } from "./intake-probe.ts";
import { leads } from "./leads.ts";
import { order } from "./order.ts";
import { people } from "./people.ts";

/** What every Intake promises. */
export function describeIntake(harness: StorageHarness): void {
  describeOn(
    harness,
    "Intake",
    (suite) => {
      effects(suite);
      duplicates(suite);
      people(suite);
      leads(suite);
      order(suite);
      groups(suite);
      dying(suite);
    },
    [intakeProbe()],
  );
}
