/**
 * Who may import whom. The table is the architecture: what it forbids is not a matter of taste. Tests may import
 * what their package lists as a development dependency; what ships may not.
 */
import { readFileSync } from "node:fs";
import { filesBelow, workspaces } from "./workspaces.mjs";

const SCOPE = "@crmessenger/";
const DEVELOPMENT_ONLY = ["memory", "testing", "sandbox"];
const KERNEL_LIBRARIES = ["tsyringe", "reflect-metadata", "tapable", "zod"];
/** Node's modules that touch the world; the kernel has ports for them. */
const IO_MODULES = /^node:(fs|net|http|https|http2|tls|dgram|dns|child_process|cluster|worker_threads)(\/|$)/;

/** Code that runs in places of its own: what new applications are made of, and what tests have made. */
const ELSEWHERE = /\/(templates|test\/fixtures|test\/golden)\//;

/** What of ours the shipped code of a workspace may import, besides the kernel. */
const ALLOWED = {
  packages: {
    kernel: [],
    "mikro-orm": ["iam", "sales", "communication"],
    cli: ["create-crmessenger"],
    sandbox: [],
  },
  plugins: {},
};

const all = workspaces();
const ours = new Set(all.map(({ manifest }) => manifest.name));
const problems = [];

for (const workspace of all) {
  for (const file of filesBelow(workspace.path)) {
    if (!/\.(ts|mts|js|mjs)$/.test(file) || file.endsWith(".d.ts") || ELSEWHERE.test(file)) continue;
    for (const specifier of importsOf(file)) check(workspace, file, specifier);
  }
}

for (const problem of problems) console.error(problem);
console.log(
  problems.length === 0 ? "boundaries: every import is allowed" : `boundaries: ${problems.length} forbidden imports`,
);
process.exitCode = problems.length === 0 ? 0 : 1;

function importsOf(file) {
  const source = readFileSync(file, "utf8");
  const pattern =
    /(?:^|\n)\s*(?:import|export)\b[^;'"]*?\bfrom\s*["']([^"']+)["']|\bimport\s*\(\s*["']([^"']+)["']|(?:^|\n)\s*import\s*["']([^"']+)["']/g;
  return [...source.matchAll(pattern)].map((match) => match[1] ?? match[2] ?? match[3]);
}

function check(workspace, file, specifier) {
  const isTest = /\.test\.|\/test\/|vitest\.config\.ts$/.test(file);
  const say = (why) => problems.push(`${file} imports ${specifier}: ${why}`);
  if (specifier.startsWith(".")) {
    if (specifier.includes("/packages/") || specifier.includes("/plugins/")) say("a package is imported by its name");
    return;
  }
  if (specifier.startsWith("node:")) {
    if (workspace.path === "packages/kernel" && !isTest && IO_MODULES.test(specifier)) say("the kernel does no I/O");
    return;
  }
  const name = specifier.startsWith("@") ? specifier.split("/").slice(0, 2).join("/") : specifier.split("/")[0];
  if (!isDeclared(workspace, name, isTest)) say("it is not in the dependencies of its package");
  if (workspace.path === "packages/kernel" && !isTest && !KERNEL_LIBRARIES.includes(name))
    say("the kernel has four runtime dependencies");
  if (ours.has(name) && !isTest && name !== workspace.manifest.name) checkOurs(workspace, name.replace(SCOPE, ""), say);
}

function checkOurs(workspace, target, say) {
  if (workspace.group === "examples" || workspace.group === "bench") return;
  if (target === "kernel") {
    if (workspace.name === "sandbox") say("the sandbox stands alone, so that it can't share our mistakes");
    return;
  }
  if (DEVELOPMENT_ONLY.includes(target)) return say(`${target} is for tests, examples and apps`);
  const allowed = ALLOWED[workspace.group]?.[workspace.name] ?? [];
  if (!allowed.includes(target))
    say(`${workspace.group} may import the kernel only${allowed.length > 0 ? ` and ${allowed.join(", ")}` : ""}`);
}

function isDeclared({ manifest }, name, isTest) {
  if (name === manifest.name) return true;
  const { dependencies = {}, peerDependencies = {}, devDependencies = {} } = manifest;
  if (name in dependencies || name in peerDependencies) return true;
  return isTest && (name in devDependencies || ["vitest", "fast-check"].includes(name));
}
