import { ScaffoldError } from "../scaffold-error.ts";

const PACKAGE = /^(?:@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*$/;
const MAX_PACKAGE_LENGTH = 214;
const KEBAB = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const RESERVED = ["node_modules", "favicon.ico", "kernel"];

/** Why npm would not take the name for a package, or undefined. */
export function packageNameProblem(name: string): string | undefined {
  if (name === "") return "An application needs a name.";
  if (name.length > MAX_PACKAGE_LENGTH) return `A name has at most ${MAX_PACKAGE_LENGTH} characters.`;
  if (RESERVED.includes(name)) return `"${name}" is reserved: choose another name.`;
  if (PACKAGE.test(name)) return undefined;
  return `"${name}" is no name for a package: use lower case letters, digits and dashes, such as my-crm.`;
}

/** Why a plugin can't be called this, or undefined. */
export function pluginNameProblem(name: string): string | undefined {
  if (RESERVED.includes(name)) return `"${name}" is reserved: choose another name.`;
  if (KEBAB.test(name)) return undefined;
  return `"${name}" is no name for a plugin: use lower case letters, digits and dashes, such as loyal-customers.`;
}

export function refuseName(problem: string | undefined): void {
  if (problem !== undefined) throw new ScaffoldError("CRM_SCAFFOLD_NAME", problem);
}
