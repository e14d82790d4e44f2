import { AsyncLocalStorage } from "node:async_hooks";
import * as vitest from "vitest";

type Work = () => unknown;

/** What suites define their tests with. */
export interface SuiteApi {
  describe(name: string, define: () => void): void;
  test(name: string, run: () => Promise<void>): void;
  beforeAll(run: Work): void;
  afterAll(run: Work): void;
  /** Registers what ends with the running test; what was registered last runs first. */
  onTestFinished(run: Work): void;
  /** Milliseconds that `eventually` waits at most, whatever a test says. */
  readonly patienceMs: number;
}

const underVitest: SuiteApi = {
  describe: (name, define) => void vitest.describe(name, define),
  test: (name, run) => void vitest.test(name, run),
  beforeAll: (run) => vitest.beforeAll(async () => void (await run())),
  afterAll: (run) => vitest.afterAll(async () => void (await run())),
  onTestFinished: (run) => vitest.onTestFinished(async () => void (await run())),
  patienceMs: Infinity,
};

const current = new AsyncLocalStorage<SuiteApi>();

/** Who runs the suites that are defined here: vitest, unless `runSuite` does. */
export function suiteApi(): SuiteApi {
  return current.getStore() ?? underVitest;
}

export function withSuiteApi<T>(api: SuiteApi, work: () => T): T {
  return current.run(api, work);
}

export const describe: SuiteApi["describe"] = (name, define) => suiteApi().describe(name, define);
export const test: SuiteApi["test"] = (name, run) => suiteApi().test(name, run);
export const beforeAll: SuiteApi["beforeAll"] = (run) => suiteApi().beforeAll(run);
export const afterAll: SuiteApi["afterAll"] = (run) => suiteApi().afterAll(run);
export const onTestFinished: SuiteApi["onTestFinished"] = (run) => suiteApi().onTestFinished(run);
