import { existsSync, readFileSync, readdirSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";

export interface InstalledPackage {
  /** Its folder, links resolved. */
  readonly path: string;
  readonly name: string;
  readonly version: string;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

type Manifest = Partial<Omit<InstalledPackage, "path">> & Readonly<Record<string, unknown>>;

/** Every package below the `node_modules` that the folder sees, nested ones and those of linked packages included. */
export function installedPackages(folder: string): readonly InstalledPackage[] {
  const found = new Map<string, InstalledPackage>();
  const pending = foldersUp(folder).map((place) => join(place, "node_modules"));
  for (let modules = pending.pop(); modules !== undefined; modules = pending.pop()) {
    for (const path of packagesIn(modules)) {
      if (found.has(path)) continue;
      const installed = readPackage(path);
      if (!installed) continue;
      found.set(path, installed);
      pending.push(join(path, "node_modules"));
    }
  }
  return [...found.values()];
}

function foldersUp(folder: string): readonly string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...foldersUp(parent)];
}

function packagesIn(modules: string): readonly string[] {
  return namesIn(modules)
    .flatMap((name) => (name.startsWith("@") ? namesIn(join(modules, name)).map((inner) => join(name, inner)) : [name]))
    .map((name) => join(modules, name))
    .filter((path) => existsSync(path)) // a link may lead nowhere
    .map((path) => realpathSync(path));
}

function namesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder).filter((name) => !name.startsWith(".")) : [];
}

function readPackage(path: string): InstalledPackage | undefined {
  const file = join(path, "package.json");
  if (!existsSync(file)) return undefined;
  const { name = "", version = "", peerDependencies = {} } = JSON.parse(readFileSync(file, "utf8")) as Manifest;
  return { path, name, version, peerDependencies };
}
