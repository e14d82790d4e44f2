import { type HookOf, createKernel, definePlugin, transformPoint } from "@crmessenger/kernel";
import { AsyncSeriesWaterfallHook } from "tapable";
import { type BenchResult, median } from "../bench.ts";
import { round } from "../publish.ts";

interface Draft {
  sum: number;
}

const Point = transformPoint<Draft>("bench.draft");
const TAPS = [0, 1, 10];
const CALLS = 40_000;
const ROUNDS = 15;

const add = async (draft: Draft): Promise<Draft> => {
  draft.sum += 1;
  return draft;
};

type Call = (draft: Draft) => Promise<Draft>;

/** The cost of an extension point with blame, deadline and isolation, beside bare tapable and a loop over the functions. */
export async function benchHooks(): Promise<BenchResult> {
  const rows: (readonly (string | number)[])[] = [];
  const ratios: Record<string, number> = {};
  const raw: Record<string, unknown> = {};
  for (const taps of TAPS) {
    const calls = { ours: await ourHook(taps), tapable: bareTapable(taps), direct: directLoop(taps) };
    const nanoseconds = await measure(calls);
    raw[`taps${taps}`] = nanoseconds;
    ratios[`tapable.taps${taps}`] = round(nanoseconds.ours / nanoseconds.tapable);
    ratios[`direct.taps${taps}`] = round(nanoseconds.ours / nanoseconds.direct);
    rows.push([
      `${taps} taps`,
      round(nanoseconds.ours, 0),
      round(nanoseconds.tapable, 0),
      round(nanoseconds.direct, 0),
    ]);
  }
  const targets = { "tapable.taps0": "≤ 2", "tapable.taps1": "≤ 2", "tapable.taps10": "≤ 2" };
  return {
    title: "One call of a transform point with asynchronous taps, in nanoseconds",
    columns: ["", "extension point", "bare tapable", "direct"],
    rows,
    ratios,
    raw,
    targets,
  };
}

async function measure<K extends string>(calls: Readonly<Record<K, Call>>): Promise<Record<K, number>> {
  const names = Object.keys(calls) as K[];
  const samples = new Map<K, number[]>(names.map((name) => [name, []]));
  for (let turn = 0; turn < ROUNDS; turn += 1) {
    for (const name of names) {
      const call = calls[name];
      const started = process.hrtime.bigint();
      for (let index = 0; index < CALLS; index += 1) await call({ sum: 0 });
      if (turn > 2) samples.get(name)?.push(Number(process.hrtime.bigint() - started) / CALLS);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(samples.get(name) ?? [])])) as Record<K, number>;
}

async function ourHook(taps: number): Promise<Call> {
  let hook: HookOf<typeof Point> | undefined;
  const owner = definePlugin({
    id: "owner",
    version: "1.0.0",
    hooks: [Point],
    boot(_, context) {
      hook = context.hook(Point);
      return {};
    },
  });
  const tappers = Array.from({ length: taps }, (_, index) =>
    definePlugin({ id: `tapper-${index}`, version: "1.0.0", extend: (hooks) => hooks.tap(Point, add) })(),
  );
  await createKernel({ plugins: [owner(), ...tappers] });
  return (draft) => (hook as HookOf<typeof Point>).apply(draft);
}

function bareTapable(taps: number): Call {
  const hook = new AsyncSeriesWaterfallHook<[Draft]>(["draft"]);
  for (let index = 0; index < taps; index += 1) hook.tapPromise(`tapper-${index}`, add);
  return (draft) => hook.promise(draft);
}

function directLoop(taps: number): Call {
  const functions = Array.from({ length: taps }, () => add);
  return async (draft) => {
    for (const run of functions) await run(draft);
    return draft;
  };
}
