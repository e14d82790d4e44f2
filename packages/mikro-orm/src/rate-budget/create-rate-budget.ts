import { AsyncLocalStorage } from "node:async_hooks";
import { CrmError, executionContext, runOutsideUnitOfWork } from "@crmessenger/kernel";
import type { Clock, RateBudget } from "@crmessenger/kernel/infrastructure";
import type { Database } from "../database/database.ts";
import { PermitQueue } from "./permit-queue.ts";

export interface RateBudgetServices {
  readonly database: Database;
  readonly clock: Clock;
}

export interface RateBudgetHandle extends RateBudget {
  /** Turns away those who still wait, with `CRM_RATE_BUDGET_STOPPED`. */
  stop(): void;
}

/** Budgets as rows that all processes share. */
export function createRateBudget({ database, clock }: RateBudgetServices): RateBudgetHandle {
  const queues = new Map<string, PermitQueue>();
  // One question is asked for many callers, and belongs to none of them.
  const detached = AsyncLocalStorage.snapshot();
  const queueOf = (name: string): PermitQueue => {
    const known = queues.get(name);
    if (known) return known;
    const queue = new PermitQueue({
      clock,
      async ask(wanted, permits, windowMs) {
        const { rows } = await detached(() =>
          database.query<{ granted: number; wait_ms: number }>(TAKE, [name, wanted, permits, windowMs], {
            name: "permits_take",
          }),
        );
        return { granted: rows[0]?.granted ?? 0, waitMs: rows[0]?.wait_ms ?? 0 };
      },
    });
    queues.set(name, queue);
    return queue;
  };
  return {
    async take(name, limit, signal) {
      if (limit.permits < 1 || limit.perMs < 1)
        throw new CrmError(
          "CRM_RATE_BUDGET_LIMIT",
          `The rate budget "${name}" allows nothing: permits and perMs must be at least 1.`,
          { details: { name, ...limit } },
        );
      if (executionContext().unitOfWork)
        throw new CrmError(
          "CRM_RATE_BUDGET_IN_UNIT",
          `A permit of "${name}" was asked for inside a unit of work. Calls to the outside belong into a job, after the commit.`,
          { details: { name } },
        );
      await queueOf(name).take(limit, signal);
    },
    async block(name, untilMs) {
      await runOutsideUnitOfWork(() => database.query(BLOCK, [name, Math.ceil(untilMs - clock.now())]));
    },
    stop() {
      const reason = new CrmError("CRM_RATE_BUDGET_STOPPED", "The storage stops, and with it its rate budgets.", {
        status: 503,
        retryable: true,
      });
      for (const queue of queues.values()) queue.stop(reason);
    },
  };
}

const TAKE = `select granted, wait_ms from take_permits($1, $2::int, $3::int, $4::bigint)`;

const BLOCK = `
  insert into rate_budgets as b (name, blocked_until) values ($1, clock_timestamp() + $2::bigint * interval '1 millisecond')
  on conflict (name) do update set blocked_until = greatest(b.blocked_until, excluded.blocked_until)`;
