import { runInContext } from "@crmessenger/kernel";
import { type JobRun, type Jobs, type UnitOfWork, defineJob } from "@crmessenger/kernel/infrastructure";
import type { Clock } from "@crmessenger/kernel/infrastructure";
import { z } from "zod";
import type { AccountTenants } from "../channels/account-tenants.ts";
import { timestampOf } from "../services.ts";
import type { EarlyReports } from "./early-reports.ts";

const DAY_MS = 86_400_000;
const KEPT_MS = 7 * DAY_MS;

/**
 * Once a day, forgets the reports of a week ago that no message came for: those about messages that somebody wrote on
 * a phone of the account, and about all pieces of a split message but the last.
 */
export const ForgetReports = defineJob("communication.forget-reports", {
  data: z.object({}),
  concurrency: 1,
  maxAttempts: Number.MAX_SAFE_INTEGER,
});

export interface ForgetParts {
  readonly services: { readonly clock: Clock; readonly jobs: Jobs; readonly unitOfWork: UnitOfWork };
  readonly tenants: AccountTenants;
  readonly early: EarlyReports;
}

/** Plans the next run; of several plans the earliest holds. */
export function planForgetting({ clock, jobs }: ForgetParts["services"]): Promise<void> {
  return jobs.enqueue(ForgetReports, {}, { key: "all", runAt: timestampOf(clock, DAY_MS) });
}

export function forgetReports({ services, tenants, early }: ForgetParts) {
  return async ({ signal }: JobRun<object>): Promise<void> => {
    const before = timestampOf(services.clock, -KEPT_MS);
    for (const tenantId of await tenants.all()) {
      const forget = () => services.unitOfWork.run(() => early.forget(before));
      while (!signal.aborted && (await runInContext({ tenantId }, forget)));
    }
    await planForgetting(services);
  };
}
