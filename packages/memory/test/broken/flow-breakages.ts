import { AsyncLocalStorage } from "node:async_hooks";
import { executionContext, runInContext } from "@crmessenger/kernel";
import type { InboundReceipt } from "@crmessenger/kernel/communication";
import type { NewEvent } from "@crmessenger/kernel/infrastructure";
import { describeEventLog, describeIntake, describeJobs } from "@crmessenger/testing";
import { breakStorage, but } from "./break-storage.ts";
import type { Breakage } from "./breakage.ts";

export const flowBreakages: readonly Breakage[] = [
  {
    fault: "numbers events the wrong way round",
    suite: describeEventLog,
    noticedBy: "numbers committed events densely, in the order of the unit, and rolled back ones not at all",
    plugin: () =>
      breakStorage(({ log }) => ({ log: but(log, { append: (events) => log.append(events.toReversed()) }) })),
  },
  {
    fault: "shows events before their unit has committed",
    suite: describeEventLog,
    noticedBy: "numbers committed events densely, in the order of the unit, and rolled back ones not at all",
    plugin: () =>
      breakStorage(({ log }) => {
        const appended: NewEvent[] = [];
        return {
          log: but(log, {
            async append(events) {
              await log.append(events);
              appended.push(...events);
            },
            async read(query) {
              const stored = await log.read(query);
              const early = appended.filter(
                ({ id, topic }) => query.topics?.includes(topic) && stored.every((event) => event.id !== id),
              );
              return [...stored, ...early.map((event, index) => ({ ...event, position: query.after + 1 + index }))];
            },
          }),
        };
      }),
  },
  {
    fault: "moves the checkpoint though the delivery failed",
    suite: describeEventLog,
    noticedBy: "rolls back what a failed delivery wrote and delivers again",
    plugin: () =>
      breakStorage(({ log }) => ({
        log: but(log, {
          subscribe: (subscription) =>
            log.subscribe({ ...subscription, handle: (events) => subscription.handle(events).catch(() => undefined) }),
        }),
      })),
  },
  {
    fault: "delivers an aggregate's events in any order",
    suite: describeEventLog,
    noticedBy: "delivers from the start what is there and what comes, in order, each with one effect",
    plugin: () =>
      breakStorage(({ log }) => ({
        log: but(log, {
          subscribe: (subscription) =>
            log.subscribe({ ...subscription, handle: (events) => subscription.handle(events.toReversed()) }),
        }),
      })),
  },
  {
    fault: "lets every job of a key wait",
    suite: describeJobs,
    noticedBy: "lets at most one job of a key wait",
    plugin: () =>
      breakStorage(({ jobs }) => ({ jobs: but(jobs, { enqueue: (job, data) => jobs.enqueue(job, data) }) })),
  },
  {
    fault: "loses a job whose worker fails",
    suite: describeJobs,
    noticedBy: "tries again after a throw, counting the attempts",
    plugin: () =>
      breakStorage(({ jobs }) => ({
        jobs: but(jobs, { work: (job, run) => jobs.work(job, (task) => run(task).catch(() => undefined)) }),
      })),
  },
  {
    fault: "enqueues outside the unit of work",
    suite: describeJobs,
    noticedBy: "runs a job only after its unit of work has committed, and never after a rollback",
    plugin: () =>
      breakStorage(({ jobs }) => {
        const outside = AsyncLocalStorage.snapshot();
        return {
          jobs: but(jobs, {
            async enqueue(job, data, options) {
              const { tenantId } = executionContext();
              outside(() => void runInContext({ tenantId }, () => jobs.enqueue(job, data, options)));
            },
          }),
        };
      }),
  },
  {
    fault: "takes repetitions for new messages",
    suite: describeIntake,
    noticedBy: "answers a repeated external id with the first receipt, as a duplicate, without any effect",
    plugin: () => {
      let messages = 0;
      return breakStorage(({ intake }) => ({
        intake: but(intake, {
          accept: (message) => intake.accept({ ...message, externalId: `${message.externalId}-${++messages}` }),
        }),
      }));
    },
  },
  {
    fault: "takes messages of two accounts for one",
    suite: describeIntake,
    noticedBy: "takes the same external id on another account for another message",
    plugin: () =>
      breakStorage(({ intake }) => {
        const receipts = new Map<string, InboundReceipt>();
        return {
          intake: but(intake, {
            async accept(message) {
              const earlier = receipts.get(message.externalId);
              const receipt = earlier ? { ...earlier, duplicate: true } : await intake.accept(message);
              receipts.set(message.externalId, receipt);
              return receipt;
            },
          }),
        };
      }),
  },
  {
    fault: "remembers a message before its unit has committed",
    suite: describeIntake,
    noticedBy: "takes a refused message when it comes again and nothing is against it any more",
    plugin: () =>
      breakStorage(({ intake }) => {
        const seen = new Set<string>();
        const nowhere = { messageId: "", conversationId: "", contactId: "", leadId: "" };
        return {
          intake: but(intake, {
            async accept(message) {
              if (seen.has(message.externalId)) return { ...nowhere, duplicate: true };
              seen.add(message.externalId);
              return intake.accept(message);
            },
          }),
        };
      }),
  },
];
