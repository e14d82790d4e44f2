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
  #cancelTimer: (() => void) | undefined;

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
    this.#cancelTimer?.();
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
        const { ready, nextAt } = this.#queue.outlook(this.#job.name);
        if (free > 0 && ready) {
          for (const row of await this.#queue.claim(this.#job.name, free)) this.#start(row);
          this.#lookAgain = true;
        } else {
          this.#setTimer(nextAt);
        }
      }
    } finally {
      this.#isClaiming = false;
    }
  }

  #setTimer(nextAt: number): void {
    this.#cancelTimer?.();
    if (nextAt === Infinity) return;
    const { clock } = this.#queue.database;
    const delay = Math.min(nextAt - clock.now(), LONGEST_TIMER_MS);
    this.#cancelTimer = clock.schedule(Math.max(delay, 0), () => this.#wake());
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

/** What a timer of the machine can hold. Milliseconds. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
