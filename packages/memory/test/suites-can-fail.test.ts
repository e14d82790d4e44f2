import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { breakages } from "./broken/breakages.ts";

interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** Runs the suites on the broken storages, as far as the faults are to be noticed, and answers how each test ended. */
async function runBroken(reportFile: string): Promise<ReadonlyMap<string, string>> {
  const vitest = fileURLToPath(new URL("vitest.mjs", import.meta.resolve("vitest/package.json")));
  const [root, config] = ["..", "broken/vitest.config.ts"].map((path) => fileURLToPath(new URL(path, import.meta.url)));
  const only = breakages.map(({ fault, noticedBy }) => `^${fault}.*${noticedBy}$`).join("|");
  const args = [
    "run",
    "--root",
    `${root}`,
    "--config",
    `${config}`,
    "--reporter",
    "json",
    "--outputFile",
    reportFile,
    "-t",
    only,
  ];
  await new Promise<void>((resolve) => {
    execFile(process.execPath, [vitest, ...args], () => resolve()); // its exit status is that of tests that fail as they should
  });
  const report = JSON.parse(await readFile(reportFile, "utf8")) as Report;
  const ran = report.testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === "passed" || status === "failed");
  return new Map(ran.map(({ fullName, status }) => [fullName, status]));
}

test("every suite notices a storage that breaks its contract", async () => {
  const folder = await mkdtemp(join(tmpdir(), "crmessenger-broken-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const ended = await runBroken(join(folder, "report.json"));
  const outcome = (fault: string, test: string) =>
    [...ended].find(([name]) => name.startsWith(fault) && name.endsWith(test))?.[1];
  const noticed = breakages.map(({ fault, noticedBy }) => [fault, outcome(fault, noticedBy)]);
  expect(noticed).toEqual(breakages.map(({ fault }) => [fault, "failed"]));
});
