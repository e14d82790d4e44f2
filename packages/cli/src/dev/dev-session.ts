import { dirname, join } from "node:path";
import { type Kernel, type KernelOptions, createKernel } from "@crmessenger/kernel";
import { announce } from "../app/announce.ts";
import { readEnvironment } from "../app/environment.ts";
import { evaluateConfig } from "../app/load-application.ts";
import { describeError } from "../output/describe-error.ts";
import { complain, say } from "../output/write.ts";
import { changedPlugins } from "./changed-plugins.ts";
import type { LocalModules } from "./local-modules.ts";
import { FolderWatch } from "./watch-files.ts";

export interface DevParts {
  readonly modules: LocalModules;
  /** The path of the configuration, links resolved. */
  readonly config: string;
  readonly verbose: boolean;
}

/** A running application that follows the files it is made of. */
export class DevSession {
  readonly #parts: DevParts;
  readonly #environmentFile: string;
  readonly #watch = new FolderWatch((files) => this.#enqueue(files));
  #kernel: Kernel | undefined;
  #running: KernelOptions = { plugins: [] };
  /** The last edit was broken, so that files which are not imported yet may be what it waits for. */
  #isBroken = false;
  #work: Promise<void> = Promise.resolve();

  constructor(parts: DevParts) {
    this.#parts = parts;
    this.#environmentFile = join(dirname(parts.config), ".env");
  }

  async start(): Promise<void> {
    const options = await evaluateConfig(this.#parts.config);
    this.#kernel = await createKernel(options);
    this.#running = options;
    announce(this.#kernel);
    this.#follow();
    say(`Watching ${this.#parts.modules.files().size} files.`);
  }

  async stop(): Promise<void> {
    this.#watch.close();
    await this.#work;
    await this.#kernel?.stop();
  }

  /** One change after another. */
  #enqueue(files: ReadonlySet<string>): void {
    this.#work = this.#work.then(() => this.#take(files));
  }

  async #take(files: ReadonlySet<string>): Promise<void> {
    const { modules, config } = this.#parts;
    const known = modules.files();
    const ours = [...files].filter((file) => known.has(file) || file === this.#environmentFile || this.#isBroken);
    if (ours.length === 0) return;
    try {
      modules.expire([...ours, config]);
      const isConfig = ours.includes(config) || ours.includes(this.#environmentFile);
      await this.#apply(isConfig);
      this.#isBroken = false;
    } catch (error) {
      this.#isBroken = true;
      const now = this.#kernel ? "What ran before goes on." : "Nothing runs until it is mended.";
      complain(`${describeError(error, this.#parts)}\n${now}`);
    }
    this.#follow();
  }

  async #apply(isConfig: boolean): Promise<void> {
    const started = performance.now();
    if (isConfig) readEnvironment(dirname(this.#parts.config));
    const next = await evaluateConfig(this.#parts.config);
    const changed = isConfig || !this.#kernel ? undefined : changedPlugins(this.#running.plugins, next.plugins);
    if (changed) await this.#reload(changed, started);
    else await this.#restart(next, started);
  }

  async #reload(changed: readonly KernelOptions["plugins"][number][], started: number): Promise<void> {
    for (const plugin of changed) {
      await this.#kernel?.reload(plugin);
      const { id } = plugin.definition;
      const plugins = this.#running.plugins.map((old) => (old.definition.id === id ? plugin : old));
      this.#running = { ...this.#running, plugins };
    }
    const names = changed.map(({ definition }) => definition.id).join(", ");
    say(`Reloaded ${names === "" ? "nothing: no plugin changed" : names} in ${since(started)}.`);
  }

  /** The old application comes back when the new one does not start. */
  async #restart(next: KernelOptions, started: number): Promise<void> {
    const old = this.#kernel;
    this.#kernel = undefined;
    await old?.stop();
    try {
      this.#kernel = await createKernel(next);
      this.#running = next;
      say(`Restarted in ${since(started)}.`);
    } catch (error) {
      this.#kernel = await createKernel(this.#running);
      throw error;
    }
    announce(this.#kernel);
  }

  #follow(): void {
    const folders = [...this.#parts.modules.files(), this.#environmentFile].map((file) => dirname(file));
    this.#watch.add(new Set(folders));
  }
}

function since(started: number): string {
  return `${Math.round(performance.now() - started)} ms`;
}
