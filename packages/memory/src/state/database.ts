import { AsyncLocalStorage } from "node:async_hooks";
import { CrmError, executionContext, runInContext, runOutsideUnitOfWork } from "@crmessenger/kernel";
import type {
  Clock,
  Ids,
  Logger,
  UnitOfWork,
  UnitOfWorkHandle,
  UnitOfWorkOptions,
} from "@crmessenger/kernel/infrastructure";
import { Unit } from "./unit.ts";
import { View } from "./view.ts";
import { WriterQueue } from "./writer-queue.ts";

export interface DatabaseServices {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
}

const DEADLINE_MS = 30_000;

/** The state of one application, and the units of work on it. */
export class Database implements UnitOfWork {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly #queue = new WriterQueue();
  readonly #enclosing = new AsyncLocalStorage<Unit>();
  readonly #atRoot = AsyncLocalStorage.snapshot();
  readonly #effects = new Set<Promise<void>>();

  constructor({ clock, ids, logger }: DatabaseServices) {
    this.clock = clock;
    this.ids = ids;
    this.logger = logger;
  }

  now(): string {
    return new Date(this.clock.now()).toISOString();
  }

  /** The current unit of work, if any. One that has ended is `CRM_UOW_CLOSED`. */
  current(): Unit | undefined {
    const unit = executionContext().unitOfWork;
    if (unit instanceof Unit) {
      unit.requireOpen();
      return unit;
    }
    const enclosing = this.#enclosing.getStore();
    if (!enclosing || enclosing.ended) return undefined;
    throw new CrmError(
      "CRM_UOW_OUTSIDE",
      "A unit of work is open here, and this call does not belong to it: it would wait for a unit that waits for it. Make it in the unit, or after its commit.",
    );
  }

  /** The current unit of work, or `CRM_UOW_REQUIRED` saying who needs it. */
  required(what: string): Unit {
    const unit = this.current();
    if (unit) return unit;
    throw new CrmError(
      "CRM_UOW_REQUIRED",
      `${what} belongs into a unit of work: wrap it in UnitOfWork.run or dispatch a command.`,
    );
  }

  view(): View {
    return new View(this.current());
  }

  /** Runs one writing statement: in the current unit of work, or in one of its own. */
  async write<T>(work: (unit: Unit) => T): Promise<T> {
    const current = this.current();
    const unit = current ?? new Unit("", this.#queue);
    try {
      await unit.lock();
      const answer = unit.statement(work);
      if (!current) unit.commit();
      return answer;
    } finally {
      if (!current && !unit.ended) unit.end();
    }
  }

  async run<T>(work: (unit: UnitOfWorkHandle) => Promise<T>, options: UnitOfWorkOptions = {}): Promise<T> {
    const outer = this.current();
    if (outer) return work(outer.handle);
    const unit = new Unit(this.ids.next(), this.#queue);
    const { promise: late, reject } = Promise.withResolvers<never>();
    const ms = options.deadlineMs ?? DEADLINE_MS;
    const cancel = this.clock.schedule(ms, () => {
      unit.end();
      reject(
        new CrmError(
          "CRM_UOW_DEADLINE",
          `The unit of work was not done within ${ms} ms and is rolled back: do less in it, or give it more time.`,
          { status: 503, retryable: true, details: { deadlineMs: ms } },
        ),
      );
    });
    try {
      const inside = () => runInContext({ unitOfWork: unit }, async () => work(unit.handle));
      const answer = await Promise.race([this.#enclosing.run(unit, inside), late]);
      unit.commit();
      this.#afterCommit(unit);
      return answer;
    } finally {
      cancel();
      if (!unit.ended) unit.end();
    }
  }

  /** Runs `work` in no operation's context: for loops that an operation wakes and that outlive it. */
  atRoot<T>(work: () => T): T {
    return this.#atRoot(work);
  }

  /** Resolves when everything that was left for after a commit has run. */
  async settled(): Promise<void> {
    await Promise.all(this.#effects);
  }

  #afterCommit(unit: Unit): void {
    if (unit.effects.length === 0) return;
    const running = runOutsideUnitOfWork(() => this.#runEffects(unit));
    this.#effects.add(running);
    void running.finally(() => this.#effects.delete(running));
  }

  async #runEffects(unit: Unit): Promise<void> {
    for (const effect of unit.effects) {
      try {
        await effect();
      } catch (error) {
        this.logger.error(
          `What was to follow a commit failed: ${error instanceof Error ? error.message : String(error)}`,
          { unitOfWork: unit.handle.id },
        );
      }
    }
  }
}
