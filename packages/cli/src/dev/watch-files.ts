import { type FSWatcher, watch } from "node:fs";
import { join } from "node:path";

/** Editors write a file in several steps; what comes within this many milliseconds is one change. */
const QUIET_MS = 40;

/** Watches folders and tells which files in them changed. Folders can be added at any time. */
export class FolderWatch {
  readonly #changed: (files: ReadonlySet<string>) => void;
  readonly #watchers = new Map<string, FSWatcher>();
  #files = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(changed: (files: ReadonlySet<string>) => void) {
    this.#changed = changed;
  }

  add(folders: Iterable<string>): void {
    for (const folder of folders) {
      if (this.#watchers.has(folder)) continue;
      const watcher = watch(folder, (_, name) => name !== null && this.#note(join(folder, name)));
      watcher.on("error", () => this.#forget(folder)); // the folder is gone
      this.#watchers.set(folder, watcher);
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #note(file: string): void {
    this.#files.add(file);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const files = this.#files;
      this.#files = new Set();
      this.#changed(files);
    }, QUIET_MS);
  }

  #forget(folder: string): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
  }
}
