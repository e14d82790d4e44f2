import type { JsonObject } from "@crmessenger/kernel/infrastructure";
import { uuidV7 } from "@crmessenger/kernel/infrastructure";
import type { CrmEntityKind, CrmMessage, CrmProvider, CrmRecord, CrmSaveResult } from "@crmessenger/kernel/sales";
import { expect } from "vitest";
import { describe, onTestFinished, test } from "../suite/suite-api.ts";
import { eventually } from "../time/eventually.ts";

/** How a foreign CRM is handed to its suite. */
export interface CrmProviderHarness {
  /** As test reports show it. */
  readonly name: string;
  /** A connected provider on an empty CRM. */
  create(): Promise<CrmProviderUnderTest>;
}

export interface CrmProviderUnderTest {
  readonly provider: CrmProvider;
  readonly crm: CrmSide;
  /** Values for a record of this kind, by the provider's own names; other ones for another number. */
  fields(kind: CrmEntityKind, number: number): JsonObject;
  /** Values for a record of this kind that the CRM refuses. */
  wrongFields?(kind: CrmEntityKind): JsonObject;
  /** Lets ten seconds go by there: a CRM that dates changes in whole seconds can't tell what lies closer together. */
  passTime?(): void;
  /** Lets the next write take effect and its answer get lost. */
  loseAnswer?(): void;
  /** Makes the provider refuse more calls for now, as when its rate limit is reached; answers how to lift that. */
  limit?(): () => void;
  stop?(): Promise<void>;
}

/** The CRM as its own users see it. */
export interface CrmSide {
  /** The provider's ids of all records of a kind. */
  records(kind: CrmEntityKind): Promise<readonly string[]>;
  /** Changes a record there, as a user does. */
  change(kind: CrmEntityKind, externalId: string, fields: JsonObject): Promise<void>;
  /** The provider's id of what a record belongs to. */
  ownerOf?(kind: CrmEntityKind, externalId: string): Promise<string | undefined>;
  /** The texts that a conversation of ours shows there, in order. */
  shown?(conversationId: string): Promise<readonly string[]>;
}

/** What every CrmProvider promises. */
export function describeCrmProvider(harness: CrmProviderHarness): void {
  describe(`${harness.name}: CrmProvider`, () => {
    const create = async () => {
      const made = await harness.create();
      onTestFinished(() => made.stop?.());
      return made;
    };
    saving(create);
    belonging(create);
    failing(create);
    changing(create);
    posting(create);
  });
}

type Create = () => Promise<CrmProviderUnderTest>;

const ids = uuidV7();

function firstKind({ provider }: CrmProviderUnderTest): CrmEntityKind {
  const [kind] = provider.capabilities.entities;
  if (!kind) throw new Error("A CRM holds at least one kind of record.");
  return kind;
}

function record(made: CrmProviderUnderTest, number: number, changes: Partial<CrmRecord> = {}): CrmRecord {
  const kind = changes.kind ?? firstKind(made);
  return { kind, id: ids.next(), belongsTo: null, externalId: null, fields: made.fields(kind, number), ...changes };
}

const acceptedIds = (results: readonly CrmSaveResult[]): readonly string[] =>
  results.map((result) => {
    if (result.outcome === "accepted") return result.externalId;
    throw new Error(`It was ${result.outcome}: ${result.reason}`);
  });

/** Saves until the outcome is known, as the jobs of an application do. */
async function saveUntilKnown(
  { provider }: CrmProviderUnderTest,
  records: readonly CrmRecord[],
): Promise<readonly CrmSaveResult[]> {
  return eventually(async () => {
    const results = await provider.save(records);
    expect(results.map(({ outcome }) => outcome)).not.toContain("deferred");
    return results;
  });
}

function saving(create: Create): void {
  test("says what it can hold, and how it is", async () => {
    const { provider } = await create();
    expect(provider.capabilities.entities.length).toBeGreaterThan(0);
    expect(provider.capabilities.maxBatch).toBeGreaterThanOrEqual(1);
    expect(await provider.state()).toMatchObject({ status: "connected", reason: expect.any(String) });
  });

  test("creates records of every kind, one result for each, in order, and reads them back", async () => {
    const made = await create();
    for (const kind of made.provider.capabilities.entities) {
      const count = Math.min(3, made.provider.capabilities.maxBatch);
      const records = Array.from({ length: count }, (_, number) => record(made, number, { kind }));
      const externalIds = acceptedIds(await made.provider.save(records));
      expect(new Set(externalIds).size).toBe(count);
      expect((await made.crm.records(kind)).toSorted()).toEqual(externalIds.toSorted());
      for (const [index, externalId] of externalIds.entries()) {
        const { id, fields } = records[index] as CrmRecord;
        expect(await made.provider.read(kind, externalId)).toMatchObject({
          kind,
          externalId,
          id,
          deleted: false,
          fields,
        });
      }
    }
  });

  test("updates what is there already", async () => {
    const made = await create();
    const first = record(made, 1);
    const [externalId] = acceptedIds(await made.provider.save([first]));
    if (externalId === undefined) throw new Error("There is no result.");
    const fields = made.fields(first.kind, 2);
    expect(acceptedIds(await made.provider.save([{ ...first, externalId, fields }]))).toEqual([externalId]);
    expect(await made.provider.read(first.kind, externalId)).toMatchObject({ id: first.id, fields });
    expect(await made.crm.records(first.kind)).toEqual([externalId]);
  });

  test("knows nothing of records that never were", async () => {
    const made = await create();
    expect(await made.provider.read(firstKind(made), "999999999")).toBeUndefined();
  });
}

function belonging(create: Create): void {
  const both = async () => {
    const made = await create();
    const { entities, maxBatch } = made.provider.capabilities;
    return entities.includes("contact") && entities.includes("lead") && maxBatch > 2 ? made : undefined;
  };

  test("ties a lead to its contact, whether that comes with it or was there before", async () => {
    const made = await both();
    if (!made?.crm.ownerOf) return;
    const contact = record(made, 1, { kind: "contact" });
    const leadOf = (number: number) => record(made, number, { kind: "lead", belongsTo: contact });
    const [first, contactId, second] = acceptedIds(await saveUntilKnown(made, [leadOf(1), contact, leadOf(2)]));
    const [third] = acceptedIds(await made.provider.save([leadOf(3)]));
    expect(await made.crm.records("contact")).toEqual([contactId]);
    expect((await made.crm.records("lead")).toSorted()).toEqual([first, second, third].toSorted());
    for (const lead of [first, second, third]) expect(await made.crm.ownerOf("lead", lead as string)).toBe(contactId);
  });

  test("rejects what belongs to something that was never saved", async () => {
    const made = await both();
    if (!made) return;
    const lead = record(made, 1, { kind: "lead", belongsTo: { kind: "contact", id: ids.next() } });
    expect(await made.provider.save([lead])).toEqual([{ outcome: "rejected", reason: expect.stringMatching(/\w/) }]);
    expect(await made.crm.records("lead")).toEqual([]);
  });
}

function failing(create: Create): void {
  test("makes one record of one id however often it is saved", async () => {
    const made = await create();
    const one = record(made, 1);
    const [first] = acceptedIds(await made.provider.save([one]));
    const [again] = acceptedIds(await saveUntilKnown(made, [one]));
    expect(again).toBe(first);
    expect(await made.crm.records(one.kind)).toEqual([first]);
  });

  test("makes one record of one id although it is saved twice at once", async () => {
    const made = await create();
    const one = record(made, 1);
    const [[first], [second]] = await Promise.all([saveUntilKnown(made, [one]), saveUntilKnown(made, [one])]);
    expect(second).toEqual(first);
    expect(await made.crm.records(one.kind)).toHaveLength(1);
  });

  test("makes no second record when the answer to the first was lost", async () => {
    const made = await create();
    if (!made.loseAnswer) return;
    const one = record(made, 1);
    made.loseAnswer();
    await made.provider.save([one]).catch(() => undefined);
    const [externalId] = acceptedIds(await saveUntilKnown(made, [one]));
    expect(await made.crm.records(one.kind)).toEqual([externalId]);
  });

  test("puts off what the provider's limit does not allow, says until when, and goes on afterwards", async () => {
    const made = await create();
    if (!made.limit) return;
    const one = record(made, 1);
    const lift = made.limit();
    expect(await made.provider.save([one])).toEqual([
      { outcome: "deferred", retryAfterMs: expect.any(Number), reason: expect.stringMatching(/\w/) },
    ]);
    expect(await made.crm.records(one.kind)).toEqual([]);
    lift();
    acceptedIds(await saveUntilKnown(made, [one]));
    expect(await made.crm.records(one.kind)).toHaveLength(1);
  });

  test("rejects values that the CRM refuses, and saves what came with them", async () => {
    const made = await create();
    if (!made.wrongFields || made.provider.capabilities.maxBatch < 2) return;
    const kind = firstKind(made);
    const [wrong, right] = [record(made, 1, { fields: made.wrongFields(kind) }), record(made, 2)];
    const [refused] = await made.provider.save([wrong, right]);
    expect(refused).toEqual({ outcome: "rejected", reason: expect.stringMatching(/\w/) });
    const [externalId] = acceptedIds(await saveUntilKnown(made, [right]));
    expect(await made.crm.records(kind)).toEqual([externalId]);
  });

  test("rejects a kind that it can't hold, with the reason", async () => {
    const made = await create();
    const kinds: readonly CrmEntityKind[] = ["contact", "company", "lead", "deal"];
    const kind = kinds.find((candidate) => !made.provider.capabilities.entities.includes(candidate));
    if (!kind) return;
    expect(await made.provider.save([record(made, 1, { kind, fields: {} })])).toEqual([
      { outcome: "rejected", reason: expect.stringMatching(/\w/) },
    ]);
  });
}

function changing(create: Create): void {
  const never = () => new AbortController().signal;

  test("tells what changed after a mark, and nothing from before the first", async () => {
    const made = await create();
    const kind = firstKind(made);
    const [old] = acceptedIds(await made.provider.save([record(made, 1)]));
    made.passTime?.();
    const [changed] = acceptedIds(await made.provider.save([record(made, 2)]));
    const { items, next } = await made.provider.changes(null, never());
    expect(items).toEqual([]);
    await made.crm.change(kind, changed as string, made.fields(kind, 3));
    const seen = await eventually(async () => {
      const found = await made.provider.changes(next, never());
      expect(found.items.map(({ externalId }) => externalId)).toContain(changed);
      return found.items;
    });
    expect(seen).toContainEqual({ kind, externalId: changed, at: expect.stringMatching(/Z$/) });
    expect(seen.map(({ externalId }) => externalId)).not.toContain(old);
    expect(await made.provider.read(kind, changed as string)).toMatchObject({ fields: made.fields(kind, 3) });
  });

  test("leaves nothing out for who comes late, asks twice or goes on from mark to mark", async () => {
    const made = await create();
    const kind = firstKind(made);
    const created: string[] = [];
    for (const number of [1, 2, 3]) created.push(...acceptedIds(await made.provider.save([record(made, number)])));
    const { next: mark } = await made.provider.changes(null, never());
    const after = async (start: string, wanted: readonly string[]) => {
      const seen = new Set<string>();
      let at = start;
      await eventually(async () => {
        const { items, next } = await made.provider.changes(at, never());
        for (const { externalId } of items) seen.add(externalId);
        at = next;
        expect([...seen]).toEqual(expect.arrayContaining([...wanted]));
      });
      return at;
    };
    const [first, ...rest] = created as [string, ...string[]];
    await made.crm.change(kind, first, made.fields(kind, 4));
    const second = await after(mark, [first]);
    for (const externalId of rest) await made.crm.change(kind, externalId, made.fields(kind, 5));
    await after(second, rest);
    await after(mark, created);
  });
}

function posting(create: Create): void {
  const message = (number: number, conversationId: string, contactId: string): CrmMessage => ({
    id: ids.next(),
    conversationId,
    contactId,
    direction: number % 2 === 0 ? "outbound" : "inbound",
    author: { id: "anna", name: "Анна" },
    text: `Message ${number} «é» 👋`,
    mediaUrls: [],
    sentAt: new Date(Date.UTC(2026, 0, 5, 9, number)).toISOString(),
  });

  test("shows the messages of a conversation in order, each once", async () => {
    const made = await create();
    const { crm, provider } = made;
    if (!provider.capabilities.messages) return;
    const conversationId = ids.next();
    const contact = record(made, 1, { kind: "contact" });
    acceptedIds(await provider.save([contact]));
    const messages = [1, 2, 3].map((number) => message(number, conversationId, contact.id));
    acceptedIds(await provider.post(messages));
    acceptedIds(await provider.post(messages.slice(1)));
    const last = message(4, conversationId, contact.id);
    acceptedIds(await provider.post([last]));
    await eventually(async () =>
      expect(await crm.shown?.(conversationId)).toEqual([...messages, last].map(({ text }) => text)),
    );
  });

  test("rejects messages of a contact that was never saved: a chat of nobody would get one invented", async () => {
    const { crm, provider } = await create();
    if (!provider.capabilities.messages) return;
    const conversationId = ids.next();
    expect(await provider.post([message(1, conversationId, ids.next())])).toEqual([
      { outcome: "rejected", reason: expect.stringMatching(/\w/) },
    ]);
    expect((await crm.shown?.(conversationId)) ?? []).toEqual([]);
    expect(await crm.records("contact")).toEqual([]);
  });
}
