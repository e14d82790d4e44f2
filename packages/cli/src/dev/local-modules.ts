import { registerHooks } from "node:module";
import { sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/**
 * The modules of the application itself: files below its folder that are no installed packages. They are imported
 * under a version, so that a changed one can be imported afresh, with all that import it; the rest stay as they are.
 * ES modules only: what is required stays as it was first loaded.
 */
export class LocalModules {
  readonly #root: string;
  readonly #importers = new Map<string, Set<string>>();
  readonly #versions = new Map<string, number>();
  #generation = 0;

  /** `root` with its links resolved, as module URLs are. */
  constructor(root: string) {
    this.#root = root.endsWith(sep) ? root : `${root}${sep}`;
  }

  /** Begins to follow imports, for the rest of the process. */
  install(): void {
    registerHooks({
      resolve: (specifier, context, next) => {
        const resolved = next(specifier, context);
        const path = this.#localPath(resolved.url);
        if (path === undefined) return resolved;
        this.#note(path, context.parentURL);
        const version = this.#versions.get(path);
        return version === undefined ? resolved : { ...resolved, url: `${pathToFileURL(path).href}?v=${version}` };
      },
    });
  }

  /** The local files that have been imported so far. */
  files(): ReadonlySet<string> {
    return new Set(this.#importers.keys());
  }

  /** The next import of these files, and of everything that imports them, evaluates them afresh. */
  expire(files: Iterable<string>): void {
    this.#generation += 1;
    const pending = [...files];
    const done = new Set<string>();
    for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
      if (done.has(file)) continue;
      done.add(file);
      this.#versions.set(file, this.#generation);
      pending.push(...(this.#importers.get(file) ?? []));
    }
  }

  #note(path: string, parentUrl: string | undefined): void {
    const importers = this.#importers.get(path) ?? new Set();
    this.#importers.set(path, importers);
    const parent = parentUrl === undefined ? undefined : this.#localPath(parentUrl);
    if (parent !== undefined) importers.add(parent);
  }

  #localPath(url: string): string | undefined {
    if (!url.startsWith("file:")) return undefined;
    const path = fileURLToPath(url);
    const inside = path.startsWith(this.#root) && !path.slice(this.#root.length).split(sep).includes("node_modules");
    return inside ? path : undefined;
  }
}
