/** Prints the totals of the last test run as one plain line: `N passed, M failed`. */
import { readFileSync } from "node:fs";

const results = JSON.parse(readFileSync(".vitest/results.json", "utf8"));
const broken = results.testResults.filter(
  (file) => file.status === "failed" && file.assertionResults.length === 0,
).length;
console.log(`${results.numPassedTests} passed, ${results.numFailedTests + broken} failed`);
