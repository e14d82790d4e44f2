import { runInContext, systemActor } from "@crmessenger/kernel";
import type { AuditEntry, AuditRecord, IdempotencyClaim, Json } from "@crmessenger/kernel/infrastructure";
import {
  describeAuditor,
  describeIdempotency,
  describeLeases,
  describeRateBudget,
  describeTimeline,
} from "@crmessenger/testing";
import { breakStorage, but } from "./break-storage.ts";
import type { Breakage } from "./breakage.ts";

export const journalBreakages: readonly Breakage[] = [
  {
    fault: "keeps the audit of what was rolled back",
    suite: describeAuditor,
    noticedBy: "is part of the unit of work and of its tenant",
    plugin: () =>
      breakStorage(({ auditor }) => {
        const tracked: AuditEntry[] = [];
        return {
          auditor: but(auditor, {
            async track(entries) {
              await auditor.track(entries);
              tracked.push(...entries);
            },
            async history(target, limit) {
              const stored = await auditor.history(target, limit);
              const extra = tracked.filter(
                (entry) => entry.target.id === target.id && stored.every(({ action }) => action !== entry.action),
              );
              return [...stored, ...extra.map((entry) => ({ ...(stored[0] as AuditRecord), ...entry }))];
            },
          }),
        };
      }),
  },
  {
    fault: "answers the oldest entries first",
    suite: describeAuditor,
    noticedBy: "answers newest first, of one target, up to the limit",
    plugin: () =>
      breakStorage(({ auditor }) => ({
        auditor: but(auditor, {
          history: async (target, limit) => (await auditor.history(target)).toReversed().slice(0, limit),
        }),
      })),
  },
  {
    fault: "audits everything as the system",
    suite: describeAuditor,
    noticedBy: "keeps who did what, when and what changed",
    plugin: () =>
      breakStorage(({ auditor }) => ({
        auditor: but(auditor, {
          track: (entries) => runInContext({ actor: systemActor }, () => auditor.track(entries)),
        }),
      })),
  },
  {
    fault: "shows the oldest activities first",
    suite: describeTimeline,
    noticedBy: "shows a contact's and a lead's activities newest first, in pages",
    plugin: () =>
      breakStorage(({ timeline }) => ({
        timeline: but(timeline, {
          async of(holder, page) {
            const found = await timeline.of(holder, page);
            return { ...found, items: found.items.toReversed() };
          },
        }),
      })),
  },
  {
    fault: "adds activities outside a unit of work",
    suite: describeTimeline,
    noticedBy: "refuses to add outside a unit of work",
    plugin: () =>
      breakStorage(({ timeline, unitOfWork }) => ({
        timeline: but(timeline, { add: (activities) => unitOfWork.run(() => timeline.add(activities)) }),
      })),
  },
  {
    fault: "forgets answers",
    suite: describeIdempotency,
    noticedBy: "answers a repeated claim with the first answer",
    plugin: () =>
      breakStorage(({ idempotency }) => ({ idempotency: but(idempotency, { claim: async () => undefined }) })),
  },
  {
    fault: "answers another input with the first answer",
    suite: describeIdempotency,
    noticedBy: "refuses another input under the same key",
    plugin: () =>
      breakStorage(({ idempotency }) => ({
        idempotency: but(idempotency, {
          claim: (claim) => idempotency.claim({ ...claim, inputHash: "any" }),
          complete: (claim, output) => idempotency.complete({ ...claim, inputHash: "any" }, output),
        }),
      })),
  },
  {
    fault: "remembers a claim that was rolled back",
    suite: describeIdempotency,
    noticedBy: "forgets a claim whose unit of work was rolled back",
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
    fault: "gives every holder the same fencing token",
    suite: describeLeases,
    noticedBy: "is free again after its release, which its signal tells, and counts its holders",
    plugin: () =>
      breakStorage(({ leases }) => ({
        leases: but(leases, {
          async tryAcquire(name, options) {
            const lease = await leases.tryAcquire(name, options);
            return lease && but(lease, { fencingToken: 1 });
          },
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
    fault: "goes on though the provider has blocked it",
    suite: describeRateBudget,
    noticedBy: "gives nobody a permit while it is blocked; a shorter block does not lift a longer one",
    plugin: () => breakStorage(({ rateBudget }) => ({ rateBudget: but(rateBudget, { block: async () => undefined }) })),
  },
];
