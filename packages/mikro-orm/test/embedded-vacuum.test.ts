import { silentLogger } from "@crmessenger/kernel/infrastructure";
import { createTestClock, eventually } from "@crmessenger/testing";
import { expect, onTestFinished, test } from "vitest";
import { createEmbeddedVacuum } from "../src/background/embedded-vacuum.ts";
import { pglitePlace, servicesOn } from "./places.ts";

test("the planner of an embedded database comes to know how large its tables are", async () => {
  const { database, settings } = await servicesOn(await pglitePlace());
  const clock = createTestClock();
  const vacuum = createEmbeddedVacuum({ database, clock, logger: silentLogger });
  onTestFinished(() => vacuum.stop());
  const known = async () =>
    (await database.query<{ rows: number }>("select reltuples as rows from pg_class where relname = 'settings'")).rows;
  for (let n = 0; n < 20; n += 1) await settings.set(`testing.${n}`, n);
  vacuum.start();
  await clock.settle();
  expect(await known()).not.toEqual([{ rows: 20 }]);
  await clock.advance(10 * 60_000);
  await eventually(async () => expect(await known()).toEqual([{ rows: 20 }]));
});
