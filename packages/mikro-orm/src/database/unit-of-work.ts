import { AsyncLocalStorage } from "node:async_hooks";
import { CrmError, executionContext, runInContext, runWithContext, toCrmError } from "@crmessenger/kernel";
import type {
  Clock,
  Ids,
  Logger,
  UnitOfWork,
  UnitOfWorkHandle,
  UnitOfWorkOptions,
} from "@crmessenger/kernel/infrastructure";
import { type Effect, OpenUnit } from "./open-unit.ts";
import type { Engine, Session } from "./session.ts";

const DEFAULT_DEADLINE_MS = 30_000;

export interface UnitServices {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
}

/** The units of work of one database: who is in which, and what a statement outside of one may do. */
export class Units implements UnitOfWork {
  readonly #services: UnitServices;
  /** The unit around the running code, even where the execution context says to run outside of it. */
  readonly #around = new AsyncLocalStorage<OpenUnit>();

  constructor(services: UnitServices) {
    this.#services = services;
  }

  run<T>(work: (unit: UnitOfWorkHandle) => Promise<T>, options: UnitOfWorkOptions = {}): Promise<T> {
    const outer = this.current();
    return outer ? this.#join(outer, work) : this.#lead(work, options.deadlineMs ?? DEFAULT_DEADLINE_MS);
  }

  /** The unit of the execution context. */
  current(): OpenUnit | undefined {
    const unit = executionContext().unitOfWork;
    if (unit === undefined) return undefined;
    if (unit instanceof OpenUnit && unit.owner === this) return unit;
    throw new CrmError(
      "CRM_UOW_FOREIGN",
      "The current unit of work belongs to another storage. One unit of work can't span two databases.",
    );
  }

  /** A connection for one statement, or one transaction, of its own. */
  async outside(): Promise<Session> {
    if (this.#around.getStore()?.isOpen) throw nestedOutside();
    return this.#services.engine.acquire();
  }

  async #join<T>(unit: OpenUnit, work: (unit: UnitOfWorkHandle) => Promise<T>): Promise<T> {
    unit.assertOpen();
    const writesBefore = unit.writes;
    try {
      return await work(handleOf(unit));
    } catch (error) {
      // What it wrote can't be taken back alone, so whoever swallows this error can't commit the rest either.
      if (unit.writes > writesBefore) unit.doom(toCrmError(error));
      throw error;
    }
  }

  async #lead<T>(work: (unit: UnitOfWorkHandle) => Promise<T>, deadlineMs: number): Promise<T> {
    const { clock, ids } = this.#services;
    const enclosing = this.#around.getStore();
    const unit: OpenUnit = new OpenUnit(this, ids.next(), () => {
      if (enclosing?.isOpen) throw nestedOutside();
      return this.#services.engine.acquire();
    });
    const deadline = Promise.withResolvers<never>();
    const cancel = clock.schedule(deadlineMs, () => {
      const reason = pastDeadline(deadlineMs);
      void unit.expire(reason).then((expired) => expired && deadline.reject(reason));
    });
    try {
      const inside = this.#around.run(unit, () => runInContext({ unitOfWork: unit }, () => carryOut(unit, work)));
      const { output, effects } = await Promise.race([inside, deadline.promise]);
      await this.#takeEffect(effects);
      return output;
    } catch (error) {
      await unit.rollback();
      throw unit.expiry ?? error;
    } finally {
      cancel();
    }
  }

  /** One after the other, as they were registered; a failing one is nobody else's problem. */
  async #takeEffect(effects: readonly Effect[]): Promise<void> {
    for (const { context, run } of effects) {
      try {
        await runWithContext(context, run);
      } catch (error) {
        const failure = toCrmError(error);
        this.#services.logger.error(`Work after a commit failed: ${failure.message}`, { code: failure.code });
      }
    }
  }
}

/** Runs and commits inside the unit's context, since buffers are written there. */
async function carryOut<T>(
  unit: OpenUnit,
  work: (unit: UnitOfWorkHandle) => Promise<T>,
): Promise<{ output: T; effects: readonly Effect[] }> {
  const output = await work(handleOf(unit));
  return { output, effects: await unit.commit() };
}

function handleOf(unit: OpenUnit): UnitOfWorkHandle {
  return { id: unit.id, signal: unit.signal, afterCommit: (effect) => unit.afterCommit(effect) };
}

function pastDeadline(deadlineMs: number): CrmError {
  return new CrmError("CRM_UOW_DEADLINE", `The unit of work took longer than ${deadlineMs} ms and was rolled back.`, {
    status: 503,
    details: { deadlineMs },
  });
}

function nestedOutside(): CrmError {
  return new CrmError(
    "CRM_UOW_NESTED_OUTSIDE",
    "A statement outside the unit of work was made from inside it. It would wait for the unit that waits for it: join the unit, or do this after the commit.",
  );
}
