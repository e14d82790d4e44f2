import { readFile } from "node:fs/promises";
import { ScaffoldError } from "../scaffold-error.ts";

/** The version ranges that rendered packages depend on: those of the packages that this one was released with. */
export async function packageVersions(): Promise<(name: string) => string> {
  const table = JSON.parse(
    await readFile(new URL("../../templates/versions.json", import.meta.url), "utf8"),
  ) as Readonly<Record<string, string>>;
  return (name) => {
    const range = table[name];
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
