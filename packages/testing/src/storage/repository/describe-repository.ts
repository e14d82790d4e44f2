import type { StorageHarness } from "../storage-harness.ts";
import { describeOn } from "../storage-world.ts";
import { everyEntity } from "./every-entity.ts";
import { isolation } from "./isolation.ts";
import { pages } from "./pages.ts";
import { reading } from "./reading.ts";
import { uniqueKeys } from "./unique-keys.ts";
import { versions } from "./versions.ts";

/** What every repository promises: each of the eleven keeps its records whole, and the common rules on leads and contacts. */
export function describeRepository(harness: StorageHarness): void {
  describeOn(harness, "Repository", (suite) => {
    everyEntity(suite);
    uniqueKeys(suite);
    versions(suite);
    reading(suite);
    pages(suite);
    isolation(suite);
  });
}
