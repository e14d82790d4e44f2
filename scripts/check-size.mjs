/**
 * What it costs to import the kernel: each line of `size-budgets.json` is bundled alone, minified and gzipped, without
 * the kernel's dependencies. A line over its budget fails. `--write` sets the budgets of areas to what they cost now and
 * 15 % more; the first line's is fixed.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";

const BUDGETS = join(import.meta.dirname, "size-budgets.json");
const KERNEL = "packages/kernel";
const HEADROOM = 1.15;
const ENTRY = "\0entry";

const { name, dependencies, exports } = JSON.parse(readFileSync(`${KERNEL}/package.json`, "utf8"));
const external = [/^node:/, ...Object.keys(dependencies).map((dependency) => new RegExp(`^${dependency}(/|$)`))];
const core = `import { createKernel, definePlugin } from "${name}"`;
const budgets = JSON.parse(readFileSync(BUDGETS, "utf8"));
const write = process.argv.includes("--write");
const problems = [];

const areas = Object.keys(exports).filter((subpath) => subpath !== "." && !subpath.endsWith(".json"));
const lines = [core, ...areas.map((subpath) => `import * as area from "${name}${subpath.slice(1)}"`)];

for (const line of lines) {
  const bytes = await sizeOf(line);
  if (write && line !== core) budgets[line] = Math.ceil((bytes * HEADROOM) / 100) * 100;
  const budget = budgets[line];
  console.log(`${String(bytes).padStart(6)} of ${String(budget ?? "?").padStart(6)} bytes  ${line}`);
  if (budget === undefined) problems.push(`${line} has no budget: run \`node scripts/check-size.mjs --write\`.`);
  else if (bytes > budget) problems.push(`${line} costs ${bytes} bytes; its budget is ${budget}.`);
}
for (const line of Object.keys(budgets)) {
  if (lines.includes(line)) continue;
  if (write) delete budgets[line];
  else problems.push(`size-budgets.json has a budget for \`${line}\`, which is no entry of the kernel.`);
}
if (write) writeFileSync(BUDGETS, `${JSON.stringify(budgets, null, 2)}\n`);

for (const problem of problems) console.error(problem);
console.log(
  problems.length === 0 ? `size: ${lines.length} imports within budget` : `size: ${problems.length} problems`,
);
process.exitCode = problems.length === 0 ? 0 : 1;

/** Bytes of one import, bundled with everything of the kernel that it pulls in. */
async function sizeOf(line) {
  const names = line.match(/\{ (.*) \}/)?.[1] ?? "area";
  await using bundle = await rolldown({
    input: ENTRY,
    external,
    platform: "node",
    plugins: [
      {
        name: "entry",
        resolveId: (id) => {
          if (id === ENTRY) return id;
          const subpath = id.startsWith(`${name}/`) || id === name ? `.${id.slice(name.length)}` : undefined;
          return subpath && join(process.cwd(), KERNEL, exports[subpath].default);
        },
        load: (id) => (id === ENTRY ? `${line};\nexport { ${names} };` : undefined),
      },
    ],
  });
  const { output } = await bundle.generate({ format: "esm", minify: true });
  return output.reduce((sum, chunk) => sum + gzipSync(chunk.code ?? chunk.source, { level: 9 }).length, 0);
}
