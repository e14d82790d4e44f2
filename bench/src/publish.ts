import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BenchResult } from "./bench.ts";

const RESULTS = fileURLToPath(new URL("../results", import.meta.url));

/** Prints the table and writes `bench/results/<name>.json`. */
export function publish(name: string, result: BenchResult): void {
  console.log(`\n${result.title}\n`);
  const table = [result.columns, ...result.rows.map((row) => row.map(String))];
  const widths = result.columns.map((_, column) => Math.max(...table.map((row) => (row[column] ?? "").length)));
  for (const row of table)
    console.log(
      `  ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join("  ")}`,
    );
  console.log("");
  for (const [ratio, value] of Object.entries(result.ratios)) {
    const target = result.targets[ratio];
    console.log(`  ${ratio}: ${value}${target === undefined ? "" : ` (target ${target})`}`);
  }
  mkdirSync(RESULTS, { recursive: true });
  const machine = { node: process.version, cores: cpus().length, at: new Date().toISOString() };
  writeFileSync(
    join(RESULTS, `${name}.json`),
    `${JSON.stringify({ name, ...machine, ratios: result.ratios, targets: result.targets, raw: result.raw }, null, 2)}\n`,
  );
}

export function round(value: number, digits = 2): number {
  return Number(value.toFixed(digits));
}
