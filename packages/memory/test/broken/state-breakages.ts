import { type Criteria, and, compareText, everything, not } from "@crmessenger/kernel/infrastructure";
import { describeCriteria, describeRepository, describeUnitOfWork } from "@crmessenger/testing";
import { breakStorage, but, inOneTenant } from "./break-storage.ts";
import type { Breakage } from "./breakage.ts";

/** Logic as SQL has it when nobody takes care: a comparison with null is neither true nor false. */
function threeValued(criteria: Criteria): Criteria {
  if (criteria.op === "and" || criteria.op === "or") return { ...criteria, all: criteria.all.map(threeValued) };
  return criteria.op === "ne" ? and(criteria, not({ op: "isNull", field: criteria.field })) : criteria;
}

/** As a query builder has it that leaves an empty `in` out. */
function emptyInMatches(criteria: Criteria): Criteria {
  if (criteria.op === "and" || criteria.op === "or") return { ...criteria, all: criteria.all.map(emptyInMatches) };
  return criteria.op === "in" && criteria.values.length === 0 ? everything : criteria;
}

export const stateBreakages: readonly Breakage[] = [
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
    fault: "runs what is left for after the commit before it",
    suite: describeUnitOfWork,
    noticedBy: "runs none of it after a rollback",
    plugin: () =>
      breakStorage(({ unitOfWork }) => ({
        unitOfWork: but(unitOfWork, {
          run: (work, options) =>
            unitOfWork.run((unit) => work(but(unit, { afterCommit: (effect) => void effect() })), options),
        }),
      })),
  },
  {
    fault: "never says that a unit has ended",
    suite: describeUnitOfWork,
    noticedBy: "aborts its signal at its end, one way or the other",
    plugin: () =>
      breakStorage(({ unitOfWork }) => ({
        unitOfWork: but(unitOfWork, {
          run: (work, options) =>
            unitOfWork.run((unit) => work(but(unit, { signal: new AbortController().signal })), options),
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
    fault: "shows records of every tenant",
    suite: describeRepository,
    noticedBy: "shows, counts and changes nothing of another tenant",
    plugin: () =>
      breakStorage(({ contacts }) => ({
        contacts: but(contacts, {
          insert: (record) => inOneTenant(() => contacts.insert(record)),
          get: (id, options) => inOneTenant(() => contacts.get(id, options)),
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
    fault: "takes an empty list for no condition",
    suite: describeCriteria,
    noticedBy: "keeps the logic two-valued",
    plugin: () =>
      breakStorage(({ leads }) => ({
        leads: but(leads, { count: (criteria) => leads.count(emptyInMatches(criteria)) }),
      })),
  },
];
