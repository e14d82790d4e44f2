import { runWithContext } from "@crmessenger/kernel";
import type { JobDefinition, JobRun, RunningWorker } from "@crmessenger/kernel/infrastructure";
import type { JobQueue } from "./job-queue.ts";
import { type JobRow, contextOf } from "./job-row.ts";

type Run = (run: JobRun<never>) => Promise<void>;

/** Works on jobs of one kind. */
export class JobWorker implements RunningWorker {
  readonly #queue: JobQueue;
  readonly #job: JobDefinition;
  readonly #run: Run;
  readonly #stopping = new AbortController();
  readonly #running = new Set<Promise<void>>();
  readonly #unwatch: () => void;
  #claiming: Promise<void> = Promise.resolve();
  #isClaiming = false;
  #lookAgain = false;

  constructor(queue: JobQueue, job: JobDefinition, run: Run) {
    this.#queue = queue;
    this.#job = job;
    this.#run = run;
    this.#unwatch = queue.watch((name) => {
      if (name === job.name) this.#wake();
    });
    queue.database.atRoot(() => this.#wake());
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#unwatch();
    await this.#claiming;
    await Promise.all(this.#running);
  }

  #wake(): void {
    if (this.#stopping.signal.aborted) return;
    this.#lookAgain = true;
    if (!this.#isClaiming) this.#claiming = this.#claim();
  }

  /** Claims until there is nothing to claim. Every wake-up is either seen by the running claim or begins one. */
  async #claim(): Promise<void> {
    this.#isClaiming = true;
    try {
      while (this.#lookAgain && !this.#stopping.signal.aborted) {
        this.#lookAgain = false;
        const free = this.#job.concurrency - this.#running.size;
        if (free <= 0 || !this.#queue.isReady(this.#job.name)) continue;
        for (const row of await this.#queue.claim(this.#job.name, free)) this.#start(row);
        this.#lookAgain = true;
      }
    } finally {
      this.#isClaiming = false;
    }
  }

  #start(row: JobRow): void {
    const running = this.#work(row).finally(() => {
      this.#running.delete(running);
      this.#wake();
    });
    this.#running.add(running);
  }

  async #work(row: JobRow): Promise<void> {
    const run = { id: row.id, data: row.data as never, attempt: row.attempts + 1, signal: this.#stopping.signal };
    try {
      await runWithContext(contextOf(row), async () => this.#run(run));
    } catch (error) {
      if (this.#stopping.signal.aborted) await this.#queue.putBack(row);
      else await this.#queue.failed(this.#job, row, error);
      return;
    }
    await this.#queue.done(row);
  }
}
