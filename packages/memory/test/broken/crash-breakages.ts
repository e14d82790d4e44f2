import { isCrmError, runOutsideUnitOfWork } from "@crmessenger/kernel";
import type { InboundReceipt } from "@crmessenger/kernel/communication";
import type { IdempotencyClaim, Json } from "@crmessenger/kernel/infrastructure";
import {
  describeEventLog,
  describeIdempotency,
  describeIntake,
  describeJobs,
  describeUnitOfWork,
} from "@crmessenger/testing";
import { breakStorage, but } from "./break-storage.ts";
import type { Breakage } from "./breakage.ts";

/** Storages that a process may not die over. */
export const crashBreakages: readonly Breakage[] = [
  {
    fault: "commits what a unit had written when its process died",
    suite: describeUnitOfWork,
    noticedBy: "leaves nothing of work that dies between any two steps, and makes each thing once when it is repeated",
    plugin: () =>
      breakStorage(({ unitOfWork }) => ({
        unitOfWork: but(unitOfWork, {
          async run(work, options) {
            const outcome = await unitOfWork.run(
              (unit) =>
                work(unit).then(
                  (value) => ({ value }),
                  (error: unknown) => {
                    if (isCrmError(error, "CRM_TEST_CRASH")) return { error };
                    throw error;
                  },
                ),
              options,
            );
            if ("error" in outcome) throw outcome.error;
            return outcome.value;
          },
        }),
      })),
  },
  {
    fault: "commits each event of a delivery by itself",
    suite: describeEventLog,
    noticedBy: "leaves nothing of a delivery that dies at any point, and converges once it lives again",
    plugin: () =>
      breakStorage(({ log, unitOfWork }) => ({
        log: but(log, {
          subscribe: (subscription) =>
            log.subscribe({
              ...subscription,
              async handle(events) {
                for (const event of events)
                  await runOutsideUnitOfWork(() => unitOfWork.run(() => subscription.handle([event])));
              },
            }),
        }),
      })),
  },
  {
    fault: "takes each attempt of a job for another job",
    suite: describeJobs,
    noticedBy:
      "runs a job again whose worker died before or after its commit, under the same id: its work is there once",
    plugin: () =>
      breakStorage(({ jobs }) => ({
        jobs: but(jobs, {
          work: (job, run) => jobs.work(job, (task) => run({ ...task, id: `${task.id}-${task.attempt}` })),
        }),
      })),
  },
  {
    fault: "remembers an answer before its unit has committed",
    suite: describeIdempotency,
    noticedBy: "makes a call once that dies at any point and is repeated",
    plugin: () =>
      breakStorage(({ idempotency }) => {
        const answers = new Map<string, Json>();
        const idOf = ({ tenantId, key }: IdempotencyClaim) => `${tenantId} ${key}`;
        return {
          idempotency: but(idempotency, {
            async claim(claim) {
              const output = answers.get(idOf(claim));
              return output === undefined ? undefined : { output };
            },
            complete: async (claim, output) => void answers.set(idOf(claim), output),
          }),
        };
      }),
  },
  {
    fault: "takes a message for received as soon as it comes",
    suite: describeIntake,
    noticedBy: "leaves nothing of a message that a process died over, and takes it once when it comes again and again",
    plugin: () =>
      breakStorage(({ intake }) => {
        const received = new Set<string>();
        const nowhere: InboundReceipt = {
          messageId: "",
          conversationId: "",
          contactId: "",
          leadId: "",
          duplicate: true,
        };
        return {
          intake: but(intake, {
            async accept(message) {
              if (received.has(message.externalId)) return nowhere;
              received.add(message.externalId);
              return intake.accept(message);
            },
          }),
        };
      }),
  },
];
