import { silentLogger } from "@crmessenger/kernel/infrastructure";
import { createTestClock, eventually } from "@crmessenger/testing";
import { expect, onTestFinished, test } from "vitest";
import { createEmbeddedCheckpoints } from "../src/background/embedded-checkpoints.ts";
import { shareDatabase } from "./shared-database.ts";

const shared = shareDatabase("PGlite");

test("the embedded database is checkpointed once its log has grown enough, and not before", async () => {
  const { database } = shared;
  const redo = async () =>
    (await database.query<{ redo: string }>("select redo_lsn::text as redo from pg_control_checkpoint()")).rows[0]
      ?.redo;
  const write = (megabytes: number) =>
    database.query(
      "insert into things select gen_random_uuid()::text || repeat('x', 1000) from generate_series(1, $1::int * 700)",
      [megabytes],
    );
  const clock = createTestClock();
  const checkpoints = createEmbeddedCheckpoints({ database, clock, logger: silentLogger });
  onTestFinished(() => checkpoints.stop());
  checkpoints.start();
  await database.query("checkpoint");
  const before = await redo();
  await write(1);
  await clock.advance(20_000);
  expect(await redo()).toBe(before);
  await write(80);
  await eventually(async () => {
    await clock.advance(10_000);
    expect(await redo()).not.toBe(before);
  });
});
