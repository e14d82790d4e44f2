import { createRequire } from "node:module";

/** The part of semver that is used here; it brings no types of its own. */
interface Semver {
  satisfies(version: string, range: string, options?: { readonly includePrerelease?: boolean }): boolean;
}

const semver: Semver = createRequire(import.meta.url)("semver");

/** Whether a version of a package is within a range; a prerelease counts as the version before it is final. */
export function satisfies(version: string, range: string): boolean {
  return semver.satisfies(version, range, { includePrerelease: true });
}
