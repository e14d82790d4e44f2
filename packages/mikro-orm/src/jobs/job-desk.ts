import { type CrmError, isCrmError } from "@crmessenger/kernel";
import type { UnitOfWork } from "@crmessenger/kernel/infrastructure";
import type { CommandResponse, PgBoss } from "pg-boss";
import { type FetchedJob, interruptionsIn } from "./claimed-job.ts";
import type { Claim, JobStore, Orphan } from "./job-store.ts";

interface Finishing {
  readonly claim: Claim;
  readonly over: PromiseWithResolvers<void>;
}

export interface Claims {
  readonly jobs: readonly FetchedJob[];
  readonly mayHaveMore: boolean;
}

/** Where workers get jobs and give them back. Every return is for one attempt: who lost it meanwhile changes nothing. */
export class JobDesk {
  readonly #boss: PgBoss;
  readonly #store: JobStore;
  readonly #unitOfWork: UnitOfWork;
  readonly #finishing = new Map<string, Finishing[]>();

  constructor(boss: PgBoss, store: JobStore, unitOfWork: UnitOfWork) {
    this.#boss = boss;
    this.#store = store;
    this.#unitOfWork = unitOfWork;
  }

  /** Up to so many due jobs, in the order in which they were enqueued, and whether there may be more. */
  async claim(name: string, count: number): Promise<Claims> {
    try {
      return await this.#unitOfWork.run(() => this.#claim(name, count));
    } catch (error) {
      // Another process claimed a job of the same key at the same moment; the next look sees it.
      if (isCrmError(error, "CRM_STORAGE_DUPLICATE")) return { jobs: [], mayHaveMore: true };
      throw error;
    }
  }

  async #claim(name: string, count: number): Promise<Claims> {
    const preferred = this.#store.preferOrder();
    const fetched = this.#boss.fetch(name, { batchSize: count, includeMetadata: true, groupConcurrency: 1 });
    const [, jobs] = (await Promise.all([preferred, fetched])) as unknown as [void, readonly FetchedJob[]];
    const keyed = jobs.filter(({ data }) => data.key !== undefined);
    const dropped = keyed.length === 0 ? 0 : await this.#store.coalesce(name, keyed);
    return {
      jobs: jobs.toSorted((a, b) =>
        a.createdOn === b.createdOn ? compare(a.id, b.id) : compare(a.createdOn, b.createdOn),
      ),
      // Jobs of one key take places in a fetch and come out as one.
      mayHaveMore: jobs.length === count || dropped > 0,
    };
  }

  /** Removes a job that is done. Those of one kind that are done at the same time go together. */
  async finish(claim: Claim): Promise<void> {
    const over = Promise.withResolvers<void>();
    const waiting = this.#finishing.get(claim.name);
    if (waiting) waiting.push({ claim, over });
    else {
      this.#finishing.set(claim.name, [{ claim, over }]);
      void this.#finishAll(claim.name);
    }
    await over.promise;
  }

  /** Lets a job be tried again. */
  async release(job: Claim & { readonly output?: unknown }, delayMs: number, interrupted: boolean): Promise<void> {
    const { id, name, retryCount } = job;
    const note = { interruptions: interruptionsIn(job.output) + (interrupted ? 1 : 0) };
    await this.#unitOfWork.run(async () => {
      const { isOurs } = settled(await this.#boss.fail(name, { id, retryCount }, note));
      if (isOurs(id) && delayMs > 0) await this.#boss.update(name, undefined, { id, startAfter: delayMs / 1_000 });
    });
  }

  /** Takes a job out of the queue for good and keeps what happened to it. */
  async bury(job: FetchedJob, attempts: number, error: CrmError): Promise<void> {
    await this.#unitOfWork.run(async () => {
      const { isOurs } = settled(await this.#boss.deleteJob(job.name, { id: job.id, retryCount: job.retryCount }));
      if (isOurs(job.id)) await this.#store.bury({ ...job, ticket: job.data }, attempts, error);
    });
  }

  due(names: readonly string[]): Promise<readonly string[]> {
    return this.#store.due(names);
  }

  /** Says that these jobs, all of one kind, are still being worked on. Answers those that are no longer ours. */
  async touch<C extends Claim>(name: string, claims: readonly C[]): Promise<readonly C[]> {
    const { isOurs } = settled(
      await this.#boss.touch(
        name,
        claims.map(({ id, retryCount }) => ({ id, retryCount })),
      ),
    );
    // A job that was taken away may have come back, as another attempt.
    const last = new Map(
      claims.map(({ id, retryCount }) => [id, retryCount] as const).toSorted(([, a], [, b]) => a - b),
    );
    return claims.filter(({ id, retryCount }) => !isOurs(id) || retryCount !== last.get(id));
  }

  /** Lets jobs be tried again that lost their worker. */
  async releaseOrphans(orphans: readonly Orphan[]): Promise<void> {
    for (const orphan of orphans) await this.release(orphan, 0, true);
  }

  async #finishAll(name: string): Promise<void> {
    for (let batch = this.#take(name); batch; batch = this.#take(name)) {
      try {
        await this.#boss.deleteJob(
          name,
          batch.map(({ claim: { id, retryCount } }) => ({ id, retryCount })),
        );
        for (const { over } of batch) over.resolve();
      } catch (error) {
        for (const { over } of batch) over.reject(error);
      }
    }
  }

  /** The next batch; none ends the series. */
  #take(name: string): readonly Finishing[] | undefined {
    const batch = this.#finishing.get(name) ?? [];
    if (batch.length === 0) this.#finishing.delete(name);
    else this.#finishing.set(name, []);
    return batch.length === 0 ? undefined : batch;
  }
}

/** pg-boss answers which jobs it found in the attempt that was named; its types don't say so. */
function settled(response: CommandResponse): { isOurs(id: string): boolean } {
  const ids = new Set((response as { settled?: readonly string[] }).settled);
  return { isOurs: (id) => ids.has(id) };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
