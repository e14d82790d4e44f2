/**
 * What each published package offers, as its built declarations say it: `<package>/api-report.md`, committed, so that a
 * review sees every change of what others rely on. `--write` updates the reports; without it a difference fails.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { reportOf } from "./api/report.mjs";
import { workspaces } from "./workspaces.mjs";

const REPORT = "api-report.md";
const write = process.argv.includes("--write");
const problems = [];
let reports = 0;

for (const { path, manifest } of workspaces()) {
  if (manifest.private) continue;
  const report = reportOf(path, manifest);
  reports += 1;
  const file = join(path, REPORT);
  if (isPublished(manifest)) problems.push(`${path}/package.json would publish ${REPORT}: take it out of \`files\`.`);
  if (existsSync(file) && readFileSync(file, "utf8") === report) continue;
  if (write) writeFileSync(file, report);
  else problems.push(difference(file, report));
}

for (const problem of problems) console.error(problem);
console.log(
  problems.length === 0
    ? `api: ${reports} reports ${write ? "written" : "unchanged"}`
    : `api: ${problems.length} problems; when a change is meant, run \`node scripts/api-reports.mjs --write\` and commit it`,
);
process.exitCode = problems.length === 0 ? 0 : 1;

/** npm always leaves out what `files` does not name; a pattern or the whole folder would name it. */
function isPublished({ files = ["."] }) {
  return files.some((pattern) => [".", "./", "*", "**", "*.md", "**/*.md", REPORT].includes(pattern));
}

/** The change as a unified diff, from the committed report to the present one. */
function difference(file, report) {
  if (!existsSync(file)) return `${file} is missing.`;
  const folder = mkdtempSync(join(tmpdir(), "crmessenger-api-"));
  try {
    const present = join(folder, REPORT);
    writeFileSync(present, report);
    execFileSync("git", ["diff", "--no-index", "--no-color", "--unified=2", "--", file, present], { encoding: "utf8" });
    return `${file} differs.`;
  } catch (error) {
    const lines = String(error.stdout).split("\n").slice(4).join("\n").trimEnd();
    return `${relative(".", file)}: the API differs from the report.\n${lines}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
