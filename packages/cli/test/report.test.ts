import { expect, test } from "vitest";
import { crmessenger } from "./support/run-cli.ts";

const figures = ["--app", "figures"];

test("report lists reports, and writes one in every format", async () => {
  const [listed, table, json, csv] = await Promise.all([
    crmessenger(["report", ...figures]),
    crmessenger(["report", "leads", "--from", "2026-01-31", "--time-zone", "Europe/Berlin", ...figures]),
    crmessenger(["report", "leads", "--format", "json", ...figures]),
    crmessenger(["report", "leads", "--format", "csv", ...figures]),
  ]);
  expect(listed).toEqual({ code: 0, stdout: "leads  Where leads come from.\n", stderr: "" });
  expect(table.stdout).toContain("\n2026-01-31T00:00:00.000Z Europe/Berlin     12\n");
  expect(JSON.parse(json.stdout)).toMatchObject({ rows: [["telegram", 12]], totals: [12] });
  expect(csv.stdout).toBe("a report as csv\n");
});

test("report says what is wrong with a time, and with an application without reports", async () => {
  const [time, without] = await Promise.all([
    crmessenger(["report", "leads", "--to", "tomorrow", ...figures]),
    crmessenger(["report", "leads", "--app", "shop"]),
  ]);
  expect(time).toMatchObject({ code: 1, stderr: expect.stringContaining("CRM_CLI_TIME") });
  expect(without).toMatchObject({ code: 1, stderr: expect.stringContaining("analytics() of @crmessenger/analytics") });
});
