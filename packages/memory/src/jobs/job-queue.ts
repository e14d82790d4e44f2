import { executionContext, isCrmError } from "@crmessenger/kernel";
import type { EnqueueOptions, JobDefinition, JobState, Json } from "@crmessenger/kernel/infrastructure";
import type { Database } from "../state/database.ts";
import { frozenCopy } from "../state/frozen-copy.ts";
import type { Unit } from "../state/unit.ts";
import { View } from "../state/view.ts";
import { type JobRow, RUNNING_KEY, STATE, WAITING_KEY, createJobTable, stateKey, thingOf } from "./job-row.ts";

/** What a timer of the machine can hold. Milliseconds. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The jobs that wait, run or were given up, and the rules of moving between these. */
export class JobQueue {
  readonly database: Database;
  readonly #rows = createJobTable();
  readonly #names = new Set<string>();
  readonly #watchers = new Set<(name: string) => void>();
  /** How to stop waiting for the time of jobs that are not due, by job. */
  readonly #early = new Map<string, (() => void)[]>();

  constructor(database: Database) {
    this.database = database;
  }

  enqueue<T>(job: JobDefinition<T>, data: T, options: EnqueueOptions): Promise<void> {
    const { tenantId, actor, correlationId, locale } = executionContext();
    const now = this.database.clock.now();
    const row: JobRow = {
      id: this.database.ids.next(),
      name: job.name,
      key: options.key ?? null,
      data: frozenCopy(data) as Json,
      state: "waiting",
      runAt: options.runAt === undefined ? now : Date.parse(options.runAt),
      attempts: 0,
      tenantId,
      actor,
      correlationId,
      locale,
      error: null,
    };
    return this.database.write((unit) => this.#wait(unit, row, row.runAt - now));
  }

  /** Takes up to `most` jobs that are due, the longest due first, and marks them as running. */
  claim(name: string, most: number): Promise<readonly JobRow[]> {
    return this.database.write((unit) => {
      const claimed: JobRow[] = [];
      for (const row of this.#due(new View(unit), name)) {
        if (claimed.length === most) break;
        if (this.#isBusy(new View(unit), row)) continue;
        const running: JobRow = { ...row, state: "running" };
        unit.write(this.#rows, row.id, running);
        claimed.push(running);
      }
      return claimed;
    });
  }

  /** Whether a claim could get something now. */
  isReady(name: string): boolean {
    const view = new View(undefined);
    return this.#due(view, name).some((row) => !this.#isBusy(view, row));
  }

  done(row: JobRow): Promise<void> {
    return this.database.write((unit) => {
      unit.write(this.#rows, row.id, null);
      this.#announce(unit, row.name);
    });
  }

  /** Puts a job that was interrupted back as if it had never been tried. */
  putBack(row: JobRow): Promise<void> {
    return this.database.write((unit) => this.#wait(unit, { ...row, state: "waiting" }, 0));
  }

  /** Plans the next attempt of a job, or gives it up. */
  failed(job: JobDefinition, row: JobRow, error: unknown): Promise<void> {
    const attempts = row.attempts + 1;
    const message = error instanceof Error ? error.message : String(error);
    const known = isCrmError(error) ? error : undefined;
    const hopeless = known !== undefined && !known.retryable;
    const fields = { job: row.name, id: row.id, attempt: attempts };
    if (hopeless || attempts >= job.maxAttempts) {
      this.database.logger.error(`The job ${row.name} is a dead letter: ${message}`, fields);
      return this.database.write((unit) => {
        unit.write(this.#rows, row.id, { ...row, state: "dead", attempts, error: message });
        this.#announce(unit, row.name);
      });
    }
    this.database.logger.warn(`The job ${row.name} is tried again: ${message}`, fields);
    const delay = known?.retryAfterMs ?? Math.min(job.backoffMs * 2 ** (attempts - 1), job.maxBackoffMs);
    const runAt = this.database.clock.now() + delay;
    return this.database.write((unit) =>
      this.#wait(unit, { ...row, state: "waiting", attempts, runAt, error: message }, delay),
    );
  }

  states(): readonly JobState[] {
    const view = new View(undefined);
    const count = (name: string, state: JobRow["state"]) =>
      [...view.lookup(this.#rows, STATE, stateKey(name, state))].length;
    return [...this.#names].map((name) => ({
      name,
      waiting: count(name, "waiting"),
      running: count(name, "running"),
      deadLetters: count(name, "dead"),
    }));
  }

  /** Calls `changed` after every commit that put or ended jobs of a kind. */
  watch(changed: (name: string) => void): () => void {
    this.#watchers.add(changed);
    return () => void this.#watchers.delete(changed);
  }

  /** Waits for no job's time any more. */
  stop(): void {
    for (const cancels of this.#early.values()) for (const cancel of cancels) cancel();
    this.#early.clear();
  }

  /** Lets a job wait, for `delay` milliseconds; of two that wait for one thing only the first stays, at the earlier of their times. */
  #wait(unit: Unit, row: JobRow, delay: number): void {
    const [other] = row.key === null ? [] : new View(unit).lookup(this.#rows, WAITING_KEY, thingOf(row));
    if (other) {
      unit.write(this.#rows, row.id, null);
      unit.write(this.#rows, other.id, {
        ...other,
        runAt: Math.min(other.runAt, row.runAt),
        attempts: Math.max(other.attempts, row.attempts),
      });
    } else {
      unit.write(this.#rows, row.id, row);
    }
    unit.atCommit(() => (other ? this.#hurry(other, delay) : this.#delay(row, delay)));
    this.#announce(unit, row.name);
  }

  /** A timer measures the delay: the time of day may be set forward or back meanwhile. */
  #delay(row: JobRow, milliseconds: number): void {
    if (milliseconds <= 0) return;
    const cancels = this.#early.get(row.id) ?? [];
    this.#early.set(row.id, cancels);
    const part = Math.min(milliseconds, LONGEST_TIMER_MS);
    const pass = () => (part < milliseconds ? this.#delay(row, milliseconds - part) : this.#ripen(row));
    cancels.push(this.database.atRoot(() => this.database.clock.schedule(part, pass)));
  }

  /** A job that is early falls due after so long at the latest. */
  #hurry(row: JobRow, milliseconds: number): void {
    if (!this.#early.has(row.id)) return;
    if (milliseconds > 0) this.#delay(row, milliseconds);
    else this.#ripen(row);
  }

  #ripen({ id, name }: JobRow): void {
    for (const cancel of this.#early.get(id) ?? []) cancel();
    this.#early.delete(id);
    for (const changed of this.#watchers) changed(name);
  }

  #announce(unit: Unit, name: string): void {
    unit.atCommit(() => {
      this.#names.add(name);
      this.database.atRoot(() => {
        for (const changed of this.#watchers) queueMicrotask(() => changed(name));
      });
    });
  }

  #due(view: View, name: string): readonly JobRow[] {
    const waiting = [...view.lookup(this.#rows, STATE, stateKey(name, "waiting"))];
    return waiting.filter(({ id }) => !this.#early.has(id)).toSorted((left, right) => left.runAt - right.runAt);
  }

  #isBusy(view: View, row: JobRow): boolean {
    if (row.key === null) return false;
    for (const _ of view.lookup(this.#rows, RUNNING_KEY, thingOf(row))) return true;
    return false;
  }
}
