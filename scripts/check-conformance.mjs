/**
 * Refuses an implementation that is not held to its contract: a package whose plugin provides a contract, or registers
 * a part such as a channel, calls the suites of that contract in its tests. Which suites those are is written down
 * beside them, in packages/testing/src/suites.ts.
 */
import { readFileSync } from "node:fs";
import {
  suiteOfPlugins,
  suitesOfContracts,
  suitesOfRegistries,
  suitesOfSuites,
} from "../packages/testing/src/suites.ts";
import { filesBelow, workspaces } from "./workspaces.mjs";

/** Where plugins are part of the tools, or of one application, and nothing that others install. */
const EXEMPT = /^(packages\/(testing|kernel|sandbox)|examples\/(embed-.*|omnichannel)|bench)$/;

const problems = [];
let implementations = 0;

for (const { path } of workspaces()) {
  if (EXEMPT.test(path)) continue;
  const files = filesBelow(path).filter((file) => /\.(ts|mts|js|mjs)$/.test(file) && !file.includes("/templates/"));
  const [tests, sources] = [files.filter(isTest), files.filter((file) => !isTest(file))];
  const called = suitesCalledIn(tests);
  for (const [suite, why] of suitesNeededBy(sources)) {
    implementations += 1;
    if (!called.has(suite)) problems.push(`${path} ${why}, but no test of it calls ${suite} of @crmessenger/testing.`);
  }
}

for (const problem of problems) console.error(problem);
console.log(
  problems.length === 0
    ? `conformance: ${implementations} obligations, every suite is called`
    : `conformance: ${problems.length} suites are not called`,
);
process.exitCode = problems.length === 0 ? 0 : 1;

function isTest(file) {
  return /\.test\.|\/test\//.test(file);
}

/** Suite → what obliges the package to call it. */
function suitesNeededBy(sources) {
  const needed = new Map();
  for (const file of sources) {
    const source = withoutComments(readFileSync(file, "utf8"));
    if (!/\bdefinePlugin\s*[(<]/.test(source)) continue;
    needed.set(suiteOfPlugins, `defines a plugin in ${file}`);
    for (const contract of contractsIn(source, "provides").values())
      for (const suite of suitesOfContracts[contract] ?? []) needed.set(suite, `provides ${contract}`);
    for (const [name, contract] of [...contractsIn(source, "deps"), ...contractsIn(source, "optionalDeps")]) {
      if (!new RegExp(`\\b${name}\\s*\\??\\.register\\(`).test(source)) continue;
      for (const suite of suitesOfRegistries[contract] ?? []) needed.set(suite, `registers with ${contract}`);
    }
  }
  return needed;
}

/** Name → contract, of what a plugin's definition lists under a key. */
function contractsIn(source, key) {
  const blocks = [...source.matchAll(new RegExp(`\\b${key}:\\s*\\{([^}]*)\\}`, "g"))].map(([, block]) => block);
  return new Map(
    blocks.flatMap((block) => [...block.matchAll(/(\w+)\s*:\s*(\w+)/g)].map(([, name, contract]) => [name, contract])),
  );
}

function suitesCalledIn(tests) {
  const calls = tests.flatMap((file) => [
    ...withoutComments(readFileSync(file, "utf8")).matchAll(/\b(describe\w+)\(/g),
  ]);
  return new Set(calls.flatMap(([, suite]) => [suite, ...(suitesOfSuites[suite] ?? [])]));
}

function withoutComments(source) {
  return source.replaceAll(/\/\*[\s\S]*?\*\/|(?<![:"'`])\/\/.*$/gm, "");
}
