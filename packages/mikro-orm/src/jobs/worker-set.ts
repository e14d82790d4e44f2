import type { JobWorker } from "./job-worker.ts";

/** The workers of this process. */
export class WorkerSet {
  readonly #byName = new Map<string, Set<JobWorker>>();

  add(worker: JobWorker): void {
    const { name } = worker.definition;
    this.#byName.set(name, (this.#byName.get(name) ?? new Set()).add(worker));
  }

  delete(worker: JobWorker): void {
    const { name } = worker.definition;
    const workers = this.#byName.get(name);
    workers?.delete(worker);
    if (workers?.size === 0) this.#byName.delete(name);
  }

  all(): readonly JobWorker[] {
    return [...this.#byName.values()].flatMap((workers) => [...workers]);
  }

  names(): readonly string[] {
    return [...this.#byName.keys()];
  }

  wake(name: string): void {
    for (const worker of this.#byName.get(name) ?? []) worker.wake();
  }
}
