import { readFile } from "node:fs/promises";
import { ScaffoldError } from "../scaffold-error.ts";

/**
 * The version ranges that rendered packages depend on: those that this package was released with, which it lists as
 * its development dependencies.
 */
export async function packageVersions(): Promise<(name: string) => string> {
  const manifest = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8")) as {
    readonly devDependencies: Readonly<Record<string, string>>;
  };
  return (name) => {
    const range = manifest.devDependencies[name];
    if (range !== undefined) return range;
    throw new ScaffoldError(
      "CRM_SCAFFOLD_VERSION",
      `create-crmessenger does not know which version of ${name} to use.`,
    );
  };
}

/** The dependencies of a manifest, sorted as npm sorts them. */
export function dependenciesOf(names: readonly string[], versionOf: (name: string) => string): Record<string, string> {
  return Object.fromEntries(names.toSorted().map((name) => [name, versionOf(name)]));
}
