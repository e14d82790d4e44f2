import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BenchResult, median } from "../bench.ts";
import { round } from "../publish.ts";

const BENCH = fileURLToPath(new URL("../..", import.meta.url));
const RUNS = 3;
const MANY = 40;

/** What it costs the compiler to check that the plugins of an application fit together. */
export async function benchTypes(): Promise<BenchResult> {
  const folder = join(BENCH, ".types");
  try {
    const none = checkSeconds(folder, "export const nothing = createKernel({ plugins: [] });\n");
    const many = checkSeconds(folder, application(MANY));
    const more = many - none;
    return {
      title: "Type check of an application, in seconds",
      columns: ["", "seconds"],
      rows: [
        ["no plugins", round(none)],
        [`${MANY} plugins`, round(many)],
      ],
      ratios: { "more.of3s": round(more / 3), "many.ofNone": round(many / none) },
      raw: { none, many },
      targets: { "more.of3s": "≤ 1" },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Each plugin provides a contract of its own and needs those of the three before it. */
function application(count: number): string {
  const numbers = Array.from({ length: count }, (_, index) => index);
  const plugins = numbers.map((n) => {
    const before = [1, 2, 3].map((back) => n - back).filter((other) => other >= 0);
    const deps = before.map((other) => `part${other}: Part${other}`).join(", ");
    return `
interface Part${n} { get${n}(id: string): Promise<{ readonly id: string; readonly value${n}: number }>; }
const Part${n} = contract<Part${n}>("bench.part-${n}", 1);
const plugin${n} = definePlugin({
  id: "plugin-${n}",
  version: "1.0.0",
  deps: { clock: Clock, bus: MessageBus${deps === "" ? "" : `, ${deps}`} },
  provides: { part: Part${n} },
  options: z.strictObject({ size: z.number().default(1) }),
  events: [defineEvent("part-${n}.made", { 1: z.object({ id: z.string() }) })],
  channels: ["channel-${n}"],
  boot: ({ clock }) => ({ provide: { part: { get${n}: async (id) => ({ id, value${n}: clock.now() }) } } }),
});`;
  });
  const list = numbers.map((n) => `plugin${n}()`).join(", ");
  return `${plugins.join("\n")}
export const application = createKernel({ plugins: [${list}] });
export const last = application.then((kernel) => kernel.get(Part${count - 1}).get${count - 1}("1"));
`;
}

function checkSeconds(folder: string, code: string): number {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const imports = `import { contract, createKernel, defineEvent, definePlugin } from "@crmessenger/kernel";
import { Clock, MessageBus } from "@crmessenger/kernel/infrastructure";
import { z } from "zod";
export { Clock, MessageBus, contract, createKernel, defineEvent, definePlugin, z };
`;
  writeFileSync(join(folder, "application.ts"), imports + code);
  const compilerOptions = {
    composite: false,
    declaration: false,
    declarationMap: false,
    noEmit: true,
    rootDir: ".",
    customConditions: [],
  };
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ extends: "../../tsconfig.base.json", compilerOptions, include: ["application.ts"] }),
  );
  return median(Array.from({ length: RUNS }, () => seconds(folder)));
}

function seconds(folder: string): number {
  const started = performance.now();
  const { status, stdout } = spawnSync("tsc", ["-p", folder], { encoding: "utf8" });
  if (status !== 0) throw new Error(`The application of the bench does not compile:\n${stdout}`);
  return (performance.now() - started) / 1_000;
}
