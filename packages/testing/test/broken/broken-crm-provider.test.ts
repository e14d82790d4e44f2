import type { CrmProvider } from "@crmessenger/kernel/sales";
import { expect, test } from "vitest";
import { describeCrmProvider, failuresOf, runSuite } from "../../src/index.ts";
import { type MemoryCrm, memoryCrmUnderTest } from "../crm/memory-crm.ts";
import { but } from "./but.ts";

interface Breakage {
  readonly fault: string;
  readonly noticedBy: string;
  readonly change: (provider: CrmProvider, crm: MemoryCrm) => Partial<CrmProvider>;
}

const breakages: readonly Breakage[] = [
  {
    fault: "creates without looking whether the first try took effect",
    noticedBy: "makes no second record when the answer to the first was lost",
    change: (provider, crm) => ({
      async save(records) {
        for (const row of crm.rows.values()) Object.assign(row, { id: null });
        return provider.save(records);
      },
    }),
  },
  {
    fault: "looks whether a record is there and creates it a little later",
    noticedBy: "makes one record of one id although it is saved twice at once",
    change: (provider, crm) => ({
      async save(records) {
        const known = records.map(({ id, externalId }) => externalId ?? crm.of(id) ?? null);
        await new Promise((resolve) => setImmediate(resolve));
        for (const row of crm.rows.values()) Object.assign(row, { id: null });
        return provider.save(records.map((record, index) => ({ ...record, externalId: known[index] ?? null })));
      },
    }),
  },
  {
    fault: "does not say whose a lead is",
    noticedBy: "ties a lead to its contact, whether that comes with it or was there before",
    change: (provider) => ({
      save: (records) => provider.save(records.map((record) => ({ ...record, belongsTo: null }))),
    }),
  },
  {
    fault: "takes what belongs to nothing that it knows",
    noticedBy: "rejects what belongs to something that was never saved",
    change: (provider) => ({
      save: (records) => provider.save(records.map((record) => ({ ...record, belongsTo: null }))),
    }),
  },
  {
    fault: "rejects everything that comes together with something wrong",
    noticedBy: "rejects values that the CRM refuses, and saves what came with them",
    change: (provider) => {
      const rejected = new Set<string>();
      return {
        async save(records) {
          const isWrong = records.some(({ id, fields }) => fields["name"] === "" || rejected.has(id));
          if (!isWrong) return provider.save(records);
          for (const { id } of records) rejected.add(id);
          return records.map(() => ({ outcome: "rejected", reason: "One of them is wrong." }));
        },
      };
    },
  },
  {
    fault: "has a contact invented for a chat of nobody",
    noticedBy: "rejects messages of a contact that was never saved: a chat of nobody would get one invented",
    change: (provider, crm) => ({
      post(messages) {
        const row = { kind: "contact", id: messages[0]?.contactId ?? null, owner: undefined, fields: {} } as const;
        crm.write("invented", row);
        return provider.post(messages);
      },
    }),
  },
  {
    fault: "answers in another order than it was asked",
    noticedBy: "creates records of every kind, one result for each, in order, and reads them back",
    change: (provider) => ({ save: async (records) => (await provider.save(records)).toReversed() }),
  },
  {
    fault: "takes a refusal for now for one for good",
    noticedBy: "puts off what the provider's limit does not allow, says until when, and goes on afterwards",
    change: (provider) => ({
      save: async (records) =>
        (await provider.save(records)).map((result) =>
          result.outcome === "deferred" ? { outcome: "rejected", reason: result.reason } : result,
        ),
    }),
  },
  {
    fault: "forgets changes once it has told of them",
    noticedBy: "leaves nothing out for who comes late, asks twice or goes on from mark to mark",
    change(provider) {
      let told = 0;
      return {
        async changes(after, signal) {
          const found = await provider.changes(after === null ? null : `${Math.max(Number(after), told)}`, signal);
          told = Number(found.next);
          return found;
        },
      };
    },
  },
  {
    fault: "shows a repeated message again",
    noticedBy: "shows the messages of a conversation in order, each once",
    change: (provider) => {
      let n = 0;
      return {
        post: (messages) => provider.post(messages.map((message) => ({ ...message, id: `${message.id}-${(n += 1)}` }))),
      };
    },
  },
];

test.each(breakages)("a CRM provider that $fault is noticed", async ({ fault, noticedBy, change }) => {
  const create = () => memoryCrmUnderTest((provider, crm) => but(provider, change(provider, crm)));
  const reports = await runSuite(() => describeCrmProvider({ name: fault, create }), {
    only: (name) => name === noticedBy,
  });
  expect(failuresOf(reports)).toEqual([noticedBy]);
});
