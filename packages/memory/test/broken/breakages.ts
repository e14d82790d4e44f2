import type { Plugin } from "@crmessenger/kernel";
import { type Criteria, and, compareText, not } from "@crmessenger/kernel/infrastructure";
import {
  type StorageHarness,
  describeCollections,
  describeCriteria,
  describeEventLog,
  describeIdempotency,
  describeIntake,
  describeJobs,
  describeLeases,
  describeRateBudget,
  describeRepository,
  describeSecrets,
  describeUnitOfWork,
} from "@crmessenger/testing";
import { breakStorage, but } from "./break-storage.ts";

/** A storage with one fault, and the test of a suite that must notice it. */
export interface Breakage {
  readonly fault: string;
  readonly suite: (harness: StorageHarness) => void;
  readonly noticedBy: string;
  readonly plugin: () => Plugin;
}

/** Logic as SQL has it when nobody takes care: a comparison with null is neither true nor false. */
function threeValued(criteria: Criteria): Criteria {
  if (criteria.op === "and" || criteria.op === "or") return { ...criteria, all: criteria.all.map(threeValued) };
  return criteria.op === "ne" ? and(criteria, not({ op: "isNull", field: criteria.field })) : criteria;
}

export const breakages: readonly Breakage[] = [
  {
    fault: "commits though the work throws",
    suite: describeUnitOfWork,
    noticedBy: "joins an outer unit: one handle, one commit, one rollback",
    plugin: () =>
      breakStorage(({ unitOfWork }) => ({
        unitOfWork: but(unitOfWork, {
          async run(work, options) {
            const outcome = await unitOfWork.run(
              (unit) =>
                work(unit).then(
                  (value) => ({ value }),
                  (error: unknown) => ({ error }),
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
    fault: "overwrites whatever the version",
    suite: describeRepository,
    noticedBy: "refuses to update or remove from a stale version",
    plugin: () =>
      breakStorage(({ contacts }) => ({
        contacts: but(contacts, {
          update: async (record) =>
            contacts.update({ ...record, version: (await contacts.get(record.id))?.version ?? 0 }),
        }),
      })),
  },
  {
    fault: "sorts text by UTF-16 units",
    suite: describeRepository,
    noticedBy: "sorts text by code point, ties by id, and pages through it without gaps or repeats",
    plugin: () =>
      breakStorage(({ contacts }) => ({
        contacts: but(contacts, {
          async find(criteria, page) {
            const sign = page?.sort?.[0]?.direction === "desc" ? -1 : 1;
            const found = await contacts.find(criteria, page);
            return {
              ...found,
              items: found.items.toSorted(
                (a, b) => sign * (a.name < b.name ? -1 : Number(a.name > b.name)) || compareText(a.id, b.id),
              ),
            };
          },
        }),
      })),
  },
  {
    fault: "has three-valued logic",
    suite: describeCriteria,
    noticedBy: "finds among records what the kernel's evaluator picks, for random trees",
    plugin: () =>
      breakStorage(({ leads }) => ({
        leads: but(leads, { find: (criteria, page) => leads.find(threeValued(criteria), page) }),
      })),
  },
  {
    fault: "numbers events the wrong way round",
    suite: describeEventLog,
    noticedBy: "numbers committed events densely, in the order of the unit, and rolled back ones not at all",
    plugin: () =>
      breakStorage(({ log }) => ({ log: but(log, { append: (events) => log.append(events.toReversed()) }) })),
  },
  {
    fault: "lets every job of a key wait",
    suite: describeJobs,
    noticedBy: "lets at most one job of a key wait",
    plugin: () =>
      breakStorage(({ jobs }) => ({ jobs: but(jobs, { enqueue: (job, data) => jobs.enqueue(job, data) }) })),
  },
  {
    fault: "ignores the expected version of documents",
    suite: describeCollections,
    noticedBy: "replaces only the expected version; 0 expects nothing there",
    plugin: () =>
      breakStorage(({ collections }) => ({
        collections: but(collections, {
          open(definition) {
            const collection = collections.open(definition);
            return but(collection, { put: (key, value) => collection.put(key, value) });
          },
        }),
      })),
  },
  {
    fault: "takes prefixes for patterns",
    suite: describeSecrets,
    noticedBy: "lists keys by a prefix that is no pattern",
    plugin: () =>
      breakStorage(({ secrets }) => ({
        secrets: but(secrets, {
          namespace(name) {
            const namespace = secrets.namespace(name);
            return but(namespace, {
              keys: async (prefix = "") =>
                (await namespace.keys()).filter((key) =>
                  new RegExp(`^${prefix.replaceAll("_", ".").replaceAll("%", ".*").replaceAll("\\", "")}`).test(key),
                ),
            });
          },
        }),
      })),
  },
  {
    fault: "gives a lease to everybody",
    suite: describeLeases,
    noticedBy: "has one holder at a time and answers the rest at once",
    plugin: () =>
      breakStorage(({ leases }) => ({
        leases: but(leases, {
          tryAcquire: async (name) => ({
            name,
            fencingToken: 1,
            signal: new AbortController().signal,
            release: async () => undefined,
          }),
        }),
      })),
  },
  {
    fault: "gives permits without counting",
    suite: describeRateBudget,
    noticedBy: "gives no more permits in a window than there are",
    plugin: () => breakStorage(({ rateBudget }) => ({ rateBudget: but(rateBudget, { take: async () => undefined }) })),
  },
  {
    fault: "forgets answers",
    suite: describeIdempotency,
    noticedBy: "answers a repeated claim with the first answer",
    plugin: () =>
      breakStorage(({ idempotency }) => ({ idempotency: but(idempotency, { claim: async () => undefined }) })),
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
];
