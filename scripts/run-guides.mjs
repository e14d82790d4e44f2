/**
 * Does what the guides say, word for word, as a reader would: in an empty folder, with the packages as they would be
 * published, in a shell. Conventions of a guide, besides those of check-examples.mjs:
 *
 * - ```sh is typed into one shell, block by block; a command that fails fails the guide.
 * - ```sh background is left running in a terminal of its own until the guide ends. The guide goes on when the output
 *   that the next block states has appeared.
 * - A block of another language whose first line names a file is written to that file. JSON has no comments, so its
 *   file is named by the flag: ```json package.json
 * - ```text right after a block is what it prints: these lines in this order, `…` for any text, others may stand between.
 *
 * `node scripts/run-guides.mjs [--keep] [--verbose] [--budget <seconds>] [page …]`; `--keep` leaves the folder for a
 * look, `--verbose` tells what each block takes.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { GUIDES } from "./guides.mjs";
import { publishedPackages, startLocalRegistry } from "./local-registry.mjs";
import { blocksOf, missingOutput } from "./markdown-blocks.mjs";
import { startShell } from "./shell.mjs";

const BLOCK_MS = 120_000;
const APPEAR_MS = 30_000;
const STOP_MS = 10_000;

const { values: options, positionals } = parseArgs({
  options: { keep: { type: "boolean" }, verbose: { type: "boolean" }, budget: { type: "string", default: "120" } },
  allowPositionals: true,
});
const budgetMs = Number(options.budget) * 1_000;
const guides = positionals.length > 0 ? positionals : GUIDES;
const began = performance.now();
const registry = await startLocalRegistry();
let failed = false;
try {
  await registry.publish(publishedPackages().map(({ path }) => path));
  console.log(`guides: packages published to a local registry in ${seconds(began)}`);
  const reading = performance.now();
  for (const guide of guides) await follow(guide);
  const took = performance.now() - reading;
  if (took > budgetMs)
    throw new Error(`Together they took ${seconds(reading)}; they may take ${options.budget} s (--budget).`);
  console.log(`guides: ${guides.length} followed to the end in ${seconds(reading)}`);
} catch (error) {
  failed = true;
  console.error(`guides: ${error.message}`);
} finally {
  await registry.stop();
}
process.exitCode = failed ? 1 : 0;

async function follow(page) {
  const started = performance.now();
  const folder = mkdtempSync(join(tmpdir(), "crmessenger-guide-"));
  const shell = startShell(folder, registry.env);
  const terminals = [];
  try {
    for (const block of blocksOf(readFileSync(page, "utf8"))) await take(page, block, { shell, terminals });
    console.log(`  ${page}: ${seconds(started)}`);
  } finally {
    await shell.stop();
    for (const terminal of terminals) await terminal.stop();
    if (options.keep) console.log(`  left in ${folder}`);
    else rmSync(folder, { recursive: true, force: true });
  }
}

/** One block, as a reader takes it. */
async function take(page, block, { shell, terminals }) {
  const at = `${page}:${block.line}`;
  if (block.language === "sh" && block.flags.includes("background")) {
    const terminal = openTerminal(shell.folder(), block.code);
    terminals.push(terminal);
    await terminal.shows(block.output ?? "", at);
    return;
  }
  if (block.language === "sh") {
    const started = performance.now();
    const { status, output } = await shell.run(block.code, BLOCK_MS);
    if (options.verbose) console.log(`    ${at}: ${seconds(started)}`);
    if (status !== 0) throw new Error(`${at} ends with status ${status}:\n${output}`);
    const missing = block.output === undefined ? undefined : missingOutput(block.output, output);
    if (missing !== undefined) throw new Error(`${at} does not print "${missing.trim()}" there, but:\n${output}`);
    return;
  }
  const file = block.file ?? block.flags.find((flag) => /\.\w+$/.test(flag));
  if (file === undefined || block.language === "text") return;
  const path = resolve(shell.folder(), file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, block.code);
}

function openTerminal(folder, code) {
  const child = spawn("bash", ["-euo", "pipefail", "-c", code], {
    cwd: folder,
    env: registry.env,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true, // a group of its own, so that all of it ends with the guide
  });
  let output = "";
  let wake = () => {};
  const more = (chunk) => {
    output += chunk;
    wake();
  };
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", more);
  const ended = once(child, "close").then(() => {
    wake();
  });
  return {
    async shows(expected, at) {
      const late = AbortSignal.timeout(APPEAR_MS);
      late.addEventListener("abort", () => wake());
      for (;;) {
        const missing = missingOutput(expected, output);
        if (missing === undefined) return;
        if (late.aborted || child.exitCode !== null)
          throw new Error(`${at} does not show "${missing.trim()}", but:\n${output}`);
        await new Promise((done) => {
          wake = done;
        });
      }
    },
    /** Ctrl-C, and after a while no more patience. */
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      process.kill(-child.pid, "SIGINT");
      const impatience = setTimeout(() => process.kill(-child.pid, "SIGKILL"), STOP_MS);
      await ended;
      clearTimeout(impatience);
    },
  };
}

function seconds(since) {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}
