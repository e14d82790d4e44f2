import { type SuiteApi, withSuiteApi } from "./suite-api.ts";

/** How one test of a suite ended. */
export interface TestReport {
  /** The promise it holds the implementation to, as the suite words it. */
  readonly name: string;
  /** The descriptions around it, outermost first. */
  readonly path: readonly string[];
  readonly status: "passed" | "failed";
  /** What it failed with. */
  readonly error?: unknown;
}

export interface RunSuiteOptions {
  /** Which tests run; default all. */
  readonly only?: (name: string) => boolean;
  /** Milliseconds after which `eventually` gives up in this run. Default 1 000. */
  readonly patienceMs?: number;
  /** Milliseconds after which a test counts as failed. Default 15 000. */
  readonly deadlineMs?: number;
}

/**
 * Runs what `define` defines and answers how each test ended, instead of handing the tests to vitest: for proving that
 * a suite notices what it is there to notice. Tests run one after another, in the order of the suite.
 */
export async function runSuite(define: () => void, options: RunSuiteOptions = {}): Promise<readonly TestReport[]> {
  const { only = () => true, patienceMs = 1_000, deadlineMs = 15_000 } = options;
  const root = collect(define, patienceMs);
  const reports: TestReport[] = [];
  await runGroup(root, { only, patienceMs, deadlineMs, path: [], reports });
  return reports;
}

/** The names of the tests that failed. */
export function failuresOf(reports: readonly TestReport[]): readonly string[] {
  return reports.filter(({ status }) => status === "failed").map(({ name }) => name);
}

type Work = () => unknown;

interface Group {
  readonly before: Work[];
  readonly after: Work[];
  readonly items: ({ readonly name: string } & ({ readonly group: Group } | { readonly run: () => Promise<void> }))[];
}

interface Run extends Required<RunSuiteOptions> {
  readonly path: readonly string[];
  readonly reports: TestReport[];
}

const newGroup = (): Group => ({ before: [], after: [], items: [] });

function collect(define: () => void, patienceMs: number): Group {
  const root = newGroup();
  let group = root;
  const api: SuiteApi = {
    describe(name, defineInner) {
      const outer = group;
      group = newGroup();
      outer.items.push({ name, group });
      defineInner();
      group = outer;
    },
    test: (name, run) => void group.items.push({ name, run }),
    beforeAll: (run) => void group.before.push(run),
    afterAll: (run) => void group.after.push(run),
    onTestFinished: refuse("onTestFinished", "outside a test"),
    patienceMs,
  };
  withSuiteApi(api, define);
  return root;
}

const refuse = (name: string, where: string) => () => {
  throw new Error(`${name} was called ${where}.`);
};

function duringTests(patienceMs: number, finishers?: Work[]): SuiteApi {
  const defining = (name: string) => refuse(name, "while tests run");
  return {
    describe: defining("describe"),
    test: defining("test"),
    beforeAll: defining("beforeAll"),
    afterAll: defining("afterAll"),
    onTestFinished: finishers ? (run) => void finishers.push(run) : refuse("onTestFinished", "outside a test"),
    patienceMs,
  };
}

const testsIn = (group: Group): readonly string[] =>
  group.items.flatMap((item) => ("group" in item ? testsIn(item.group) : [item.name]));

async function runGroup(group: Group, run: Run, failed?: { readonly error: unknown }): Promise<void> {
  if (!testsIn(group).some(run.only)) return;
  const api = duringTests(run.patienceMs);
  const inApi = async (works: readonly Work[]) => {
    for (const work of works) await withSuiteApi(api, async () => work());
  };
  const failure = failed ?? (await failureOf(inApi(group.before)));
  for (const item of group.items) {
    if ("group" in item) await runGroup(item.group, { ...run, path: [...run.path, item.name] }, failure);
    else if (run.only(item.name)) {
      const ended = failure ?? (await runTest(item.run, run));
      run.reports.push({ name: item.name, path: run.path, status: ended ? "failed" : "passed", ...ended });
    }
  }
  if (!failed) await inApi(group.after);
}

async function runTest(test: () => Promise<void>, run: Run): Promise<{ readonly error: unknown } | undefined> {
  const finishers: Work[] = [];
  const work = withSuiteApi(duringTests(run.patienceMs, finishers), test);
  const failure = await failureOf(withinMs(work, run.deadlineMs));
  const late: { readonly error: unknown }[] = [];
  for (const finish of finishers.toReversed())
    late.push(
      ...[await failureOf(withinMs(Promise.resolve().then(finish), run.deadlineMs))].filter((end) => end !== undefined),
    );
  return failure ?? late[0];
}

async function withinMs<T>(work: Promise<T>, ms: number): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`The test did not end within ${ms} ms.`)), ms);
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

async function failureOf(work: Promise<unknown>): Promise<{ readonly error: unknown } | undefined> {
  return work.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
}
