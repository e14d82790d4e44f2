import {
  type Criteria,
  type CriteriaSubject,
  type CriteriaValue,
  type JsonObject,
  and,
  defineCollection,
  everything,
  matches,
  not,
  nothing,
  or,
  where,
} from "@crmessenger/kernel/infrastructure";
import type { Lead } from "@crmessenger/kernel/sales";
import fc from "fast-check";
import { expect } from "vitest";
import { z } from "zod";
import { newContact, newLead, newTeam, newUser } from "./sample-records.ts";
import type { StorageHarness } from "./storage-harness.ts";
import { type StorageSuite, type StorageWorld, describeOn } from "./storage-world.ts";

/**
 * Criteria mean the same in every storage: what a repository or a collection finds is what `matches` of the kernel
 * picks from the same records, for hand-picked traps and for random trees.
 */
export function describeCriteria(harness: StorageHarness): void {
  describeOn(harness, "Criteria", (suite) => {
    ofRecords(suite);
    ofDocuments(suite);
  });
}

const TEXTS = [
  "",
  "a",
  "A",
  "a%",
  "a_b",
  "ab",
  "a\\b",
  "100%",
  "é",
  "e\u0301",
  "Я",
  "я",
  "😀",
  "\uFFFD",
  "'; --",
  '"',
  " a",
  "10",
  "9",
  "10.50",
  "-2.25",
  "1e3",
  "null",
  "true",
];
const NUMBERS = [0, 1, -1, 9, 10, 0.5, 1e21, -2.25, 123456789.125];
const TIMES = [
  "2026-01-01T00:00:00.000Z",
  "2026-01-01T00:00:00.001Z",
  "2026-01-01T00:00:01.000Z",
  "1999-12-31T23:59:59.999Z",
  "2026-12-31T23:59:59.999Z",
];
/** Longer than what an index may hold of a text, and different only behind that. */
const LONG_TEXTS = ["", "a", "b"].map((end) => `${"long ".repeat(200)}${end}`);
const DAYS = ["2026-01-31", "2026-02-01", "1999-12-31"];
const LISTS = [[1, "a"], [], ["a", "10", true], [null, 9], [["a"], { b: "a" }], ["я", "é", -2.25, false]];
const JSON_VALUES = [...TEXTS, ...NUMBERS, true, false, null, ...LISTS, { b: "a" }, { b: ["a"] }, { b: null }, {}];

const COLOURS = ["red", "green", "сиз"];

/** A field with what may stand in it and what it may sensibly be compared with. */
interface Field {
  readonly name: string;
  readonly values: readonly CriteriaValue[];
  /** Values of other kinds: equal to nothing, in no order to anything. */
  readonly strangers: readonly CriteriaValue[];
  readonly text: boolean;
}

function conditionOn(field: Field): fc.Arbitrary<Criteria> {
  const value = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom<CriteriaValue>(...field.values) },
    { weight: 1, arbitrary: fc.constantFrom<CriteriaValue>(null, ...field.strangers) },
  );
  const conditions: fc.Arbitrary<Criteria>[] = [
    fc
      .record({
        op: fc.constantFrom("eq" as const, "ne" as const, "gt" as const, "gte" as const, "lt" as const, "lte" as const),
        value,
      })
      .map(({ op, value }) => ({ op, field: field.name, value })),
    fc.array(value, { maxLength: 4 }).map((values) => ({ op: "in", field: field.name, values })),
    fc.constant<Criteria>({ op: "isNull", field: field.name }),
    fc.tuple(value, value).map(([from, to]) => ({ op: "between", field: field.name, from, to })),
    value.map((one) => ({ op: "includes", field: field.name, value: one })),
  ];
  if (field.text) {
    const part = fc.constantFrom("", "a", "%", "_", "\\", "A", "я", "😀", "'", "0", "e");
    conditions.push(
      fc
        .tuple(fc.constantFrom("contains" as const, "startsWith" as const), part)
        .map(([op, value]) => ({ op, field: field.name, value })),
    );
  }
  return fc.oneof(...conditions);
}

function trees(fields: readonly Field[]): fc.Arbitrary<Criteria> {
  const { tree } = fc.letrec<{ tree: Criteria }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      { weight: 3, arbitrary: fc.oneof(...fields.map(conditionOn)) },
      { weight: 1, arbitrary: tie("tree").map(not) },
      {
        weight: 2,
        arbitrary: fc
          .tuple(fc.constantFrom("and" as const, "or" as const), fc.array(tie("tree"), { maxLength: 3 }))
          .map(([op, all]) => ({ op, all })),
      },
    ),
  }));
  return tree;
}

/** Compares what is found with what matches, tree by tree. */
async function agree(
  criteria: fc.Arbitrary<Criteria>,
  subjects: readonly (readonly [string, CriteriaSubject])[],
  find: (criteria: Criteria) => Promise<readonly string[]>,
) {
  const property = fc.asyncProperty(criteria, async (tree) => {
    const expected = subjects.filter(([, subject]) => matches(tree, subject)).map(([id]) => id);
    expect([...(await find(tree))].toSorted()).toEqual(expected.toSorted());
  });
  await fc.assert(property, { numRuns: 150, seed: 20_260_105 });
}

async function storeLeads(world: StorageWorld): Promise<readonly Lead[]> {
  const contacts = [await world.contacts.insert(newContact(world)), await world.contacts.insert(newContact(world))];
  const [owner, team] = [await world.users.insert(newUser(world)), await world.teams.insert(newTeam(world))];
  const leads: Lead[] = [];
  for (let index = 0; index < 40; index += 1) {
    const lead = newLead(world, contacts[index % 2]?.id ?? "", {
      title: TEXTS[index % TEXTS.length] ?? "",
      status: index % 3 === 0 ? "new" : "in-progress",
      statusSince: TIMES[index % TIMES.length] ?? "",
      ownerId: index % 3 === 1 ? owner.id : null,
      teamId: index % 4 === 2 ? team.id : null,
      source: {
        channel: index % 2 === 0 ? "telegram" : "web-form",
        ...(index % 3 === 0 ? { utm: { campaign: TEXTS[(index * 7) % TEXTS.length] ?? "" } } : {}),
      },
      attributes: {
        ...(index % 5 === 0 ? {} : { any: JSON_VALUES[index % JSON_VALUES.length] ?? null }),
        'it\'s "odd"': index,
        // As fields with definitions hold them: values of one kind, or none.
        ...(index % 4 === 0 ? {} : { size: NUMBERS[index % NUMBERS.length] ?? 0 }),
        ...(index % 6 === 0 ? {} : { day: DAYS[index % DAYS.length] ?? "", warm: index % 2 === 0 }),
        ...(index % 7 === 0 ? {} : { colours: COLOURS.filter((_, place) => (index >> place) % 2 === 1) }),
        note: [...LONG_TEXTS, ...TEXTS][index % (LONG_TEXTS.length + TEXTS.length)] ?? "",
      },
    });
    const stored = await world.leads.insert(lead);
    leads.push(index % 8 === 0 ? await world.leads.update(stored) : stored);
  }
  return leads;
}

function ofRecords({ test }: StorageSuite): void {
  test("finds among records what the kernel's evaluator picks, for random trees", async (world) => {
    const leads = await storeLeads(world);
    const uuids = [
      ...new Set(leads.flatMap(({ id, ownerId, teamId, contactId }) => [id, ownerId ?? id, teamId ?? id, contactId])),
    ];
    const fields: Field[] = [
      { name: "title", values: TEXTS, strangers: [1, true], text: true },
      { name: "status", values: ["new", "in-progress", "converted"], strangers: [0], text: true },
      { name: "version", values: [0, 1, 2, 1.5], strangers: ["1", true], text: false },
      { name: "statusSince", values: TIMES, strangers: [0, false], text: false },
      { name: "ownerId", values: uuids, strangers: [7], text: false },
      { name: "teamId", values: uuids, strangers: [7], text: false },
      { name: "contactId", values: uuids, strangers: [true], text: false },
      { name: "source.channel", values: ["telegram", "web-form"], strangers: [1], text: true },
      { name: "source.utm.campaign", values: TEXTS, strangers: [1], text: true },
      { name: "attributes.any", values: [...TEXTS, ...NUMBERS, true, false], strangers: [], text: true },
      { name: "attributes.any.b", values: ["a", "b"], strangers: [1], text: true },
      { name: "attributes.any.0", values: [1, "a"], strangers: [], text: true },
      { name: 'attributes.it\'s "odd"', values: [0, 1, 20, 39, 7.5], strangers: ["1"], text: true },
      { name: "attributes.size", values: NUMBERS, strangers: ["1", true], text: true },
      { name: "attributes.day", values: DAYS, strangers: [2026], text: true },
      { name: "attributes.warm", values: [true, false], strangers: ["true", 1], text: true },
      { name: "attributes.colours", values: COLOURS, strangers: [1, true], text: true },
      { name: "attributes.note", values: [...LONG_TEXTS, ...TEXTS], strangers: [1], text: true },
      { name: "deletedAt", values: TIMES, strangers: [0], text: false },
    ];
    const subjects = leads.map((lead) => [lead.id, lead as unknown as CriteriaSubject] as const);
    const find = async (criteria: Criteria) =>
      (await world.leads.find(criteria, { limit: 500 })).items.map(({ id }) => id);
    await agree(trees(fields), subjects, find);
    expect(await world.leads.count(not(where<Lead>("ownerId").isNull()))).toBe(
      leads.filter(({ ownerId }) => ownerId !== null).length,
    );
  });

  test("keeps the logic two-valued", async (world) => {
    const leads = await storeLeads(world);
    const [owned] = leads.filter(({ ownerId }) => ownerId !== null);
    const owner = where<Lead>("ownerId");
    const unowned = leads.filter(({ ownerId }) => ownerId === null).length;
    expect(await world.leads.count(owner.ne(owned?.ownerId ?? null))).toBe(unowned);
    expect(await world.leads.count(not(owner.eq(owned?.ownerId ?? null)))).toBe(unowned);
    expect(await world.leads.count(not(owner.gt("")))).toBe(unowned);
    expect(await world.leads.count(owner.eq(null))).toBe(unowned);
    expect(await world.leads.count(owner.in([null]))).toBe(unowned);
    expect(await world.leads.count(owner.in([]))).toBe(0);
    expect(await world.leads.count(not(owner.in([])))).toBe(leads.length);
    expect([
      await world.leads.count(and()),
      await world.leads.count(or()),
      await world.leads.count(everything),
      await world.leads.count(nothing),
    ]).toEqual([leads.length, 0, leads.length, 0]);
  });

  test("takes an id that is none for one that nothing has", async (world) => {
    const [lead] = await storeLeads(world);
    expect(await world.leads.count(where<Lead>("contactId").eq("nobody"))).toBe(0);
    expect(await world.leads.count(where<Lead>("id").in(["nobody", lead?.id ?? ""]))).toBe(1);
    expect(await world.leads.count(where<Lead>("ownerId").ne("nobody"))).toBe(40);
  });
}

const Samples = defineCollection<JsonObject>("testing.samples", {
  schema: z.record(z.string(), z.json()) as z.ZodType<JsonObject>,
  indexes: ["any"],
});

function ofDocuments({ test }: StorageSuite): void {
  test("finds among documents what the kernel's evaluator picks, for random trees", async (world) => {
    const samples = world.collections.open(Samples);
    const documents = JSON_VALUES.map(
      (any, index) =>
        [
          `sample-${index}`,
          { ...(index % 4 === 3 ? {} : { other: JSON_VALUES[(index * 5) % JSON_VALUES.length] ?? null }), any },
        ] as const,
    );
    await samples.putMany(documents.map(([key, value]) => ({ key, value })));
    const values = [...TEXTS, ...NUMBERS, true, false];
    const fields: Field[] = ["any", "other", "any.b", "missing", "missing.too"].map((name) => ({
      name,
      values,
      strangers: [],
      text: true,
    }));
    const find = async (criteria: Criteria) =>
      (await samples.find(criteria, { limit: 500 })).items.map(({ key }) => key);
    await agree(trees(fields), documents, find);
  });
}
