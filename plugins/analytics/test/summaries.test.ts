import { type CrmError, type Kernel, isCrmError, runInContext } from "@crmessenger/kernel";
import { AnalyticsEngine, reportQuerySchema } from "@crmessenger/kernel/analytics";
import { SqlDatabase, UnitOfWork, systemClock } from "@crmessenger/kernel/infrastructure";
import { mikroOrm } from "@crmessenger/mikro-orm";
import { eventually } from "@crmessenger/testing";
import { type PostgresServer, startPostgres } from "@crmessenger/testing/postgres";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BuildStore } from "../src/store/build-store.ts";
import type { SummaryRequest } from "../src/summary/summary-plan.ts";
import { SummaryStore } from "../src/summary/summary-store.ts";
import { record, startOn, upToDate } from "./fixtures.ts";
import { play, steps } from "./naive/history.ts";

const BY_SOURCE = { fact: "lead", by: ["source"], timeZone: "Europe/Berlin" };
const bySource = reportQuerySchema.parse({ metrics: ["leads", "conversion"], dimensions: [{ name: "source" }] });
const events = play("default", "2025-10-25T18:00:00.000Z", fc.sample(steps, { seed: 11, numRuns: 4 }).flat());

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

const start = (...summaries: SummaryRequest[]) => startOn(mikroOrm({ databaseUrl: server.url }), [], summaries);

const storesOf = (kernel: Kernel, later = 0) => {
  const services = { sql: kernel.get(SqlDatabase), unitOfWork: kernel.get(UnitOfWork) };
  return {
    builds: new BuildStore(services.sql, services.unitOfWork),
    summaries: new SummaryStore({ ...services, clock: { ...systemClock, now: () => systemClock.now() + later } }),
  };
};
const leadBuild = async (kernel: Kernel) => {
  const build = await storesOf(kernel).builds.live("lead");
  if (!build) throw new Error("Nothing serves leads.");
  return build;
};
const ask = (kernel: Kernel) =>
  runInContext({ tenantId: "default" }, () => kernel.get(AnalyticsEngine).buildReport(bySource));

test("a summary of what is there already is counted once, kept, and given up when nobody asks for it any more", async () => {
  const half = Math.floor(events.length / 2);
  await using before = await start();
  await record(before, "default", events.slice(0, half));
  await upToDate(before);
  const counted = await ask(before);
  expect(counted.rows.length).toBeGreaterThan(1);
  await before.stop();

  await using kernel = await start(BY_SOURCE);
  await eventually(async () => expect((await leadBuild(kernel)).summaries).toHaveLength(1));
  const tableOf = async () => (await leadBuild(kernel)).summaries[0]?.table ?? "";
  expect(await ask(kernel)).toMatchObject({ rows: counted.rows, totals: counted.totals });
  await record(kernel, "default", events.slice(half));
  await upToDate(kernel);
  const all = await ask(kernel);
  const table = await tableOf();
  await kernel.get(SqlDatabase).query(`delete from "${table}"`); // nothing else knows the answer now
  expect((await ask(kernel)).totals).toEqual([0, null]);
  await kernel.stop();

  await using after = await start();
  await eventually(async () =>
    expect((await leadBuild(after)).summaries).toMatchObject([{ retiredAt: expect.anything() }]),
  );
  expect(await ask(after)).toMatchObject({ rows: all.rows, totals: all.totals });
  await storesOf(after).summaries.dropRetired(await leadBuild(after));
  expect((await leadBuild(after)).summaries).toHaveLength(1); // somebody may be reading it
  await storesOf(after, 600_000).summaries.dropRetired(await leadBuild(after));
  expect((await leadBuild(after)).summaries).toEqual([]);
  await expect(after.get(SqlDatabase).query(`select from "${table}"`)).rejects.toThrow("does not exist");
});

test.each([
  ["a fact that there is not", { ...BY_SOURCE, fact: "order" }, /CRM_REPORT_SUMMARY.+no fact "order".+lead, /u],
  ["a dimension that there is not", { ...BY_SOURCE, by: ["colour"] }, /CRM_REPORT_SUMMARY.+"colour" is no dimension/u],
  ["a time", { ...BY_SOURCE, by: ["converted"] }, /CRM_REPORT_SUMMARY.+"converted" is a time/u],
  ["no time zone", { ...BY_SOURCE, timeZone: "Mars/Olympus" }, /CRM_PLUGIN_OPTIONS.+no such time zone/u],
])("%s is refused at the start", async (_, request, message) => {
  const failure = await start(request).then(
    () => "It started.",
    (error: CrmError) =>
      [error, error.cause].map((one) => (isCrmError(one) ? `${one.code} ${one.message}` : "")).join(),
  );
  expect(failure).toMatch(message);
});

test("a custom field that is not reportable yet is waited for", async () => {
  await using kernel = await start({ ...BY_SOURCE, by: ["lead.attributes.car"] });
  await upToDate(kernel);
  expect((await leadBuild(kernel)).summaries.filter(({ retiredAt }) => retiredAt === null)).toEqual([]);
  expect((await ask(kernel)).rows.length).toBeGreaterThan(1);
});
