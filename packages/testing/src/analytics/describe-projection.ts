import type { FactRow, FactRows, Projection } from "@crmessenger/kernel/analytics";
import type { Json, StoredEvent } from "@crmessenger/kernel/infrastructure";
import { expect } from "vitest";
import { disturbed } from "../faults/disturbed.ts";
import { describe, test } from "../suite/suite-api.ts";

/** How a projection is handed to its suite. */
export interface ProjectionHarness {
  /** As test reports show it. */
  readonly name: string;
  /** The projection, new every time. */
  projection(): Projection;
  /**
   * A history that leads to several rows: events of several aggregates, in order of position, some of which change what
   * earlier ones made. Events of other topics may be among them; the projection doesn't get those.
   */
  history(): readonly StoredEvent[];
}

/** What every Projection promises. */
export function describeProjection(harness: ProjectionHarness): void {
  describe(`${harness.name}: Projection`, () => {
    facts(harness);
    batches(harness);
    purity(harness);
  });
}

type Table = ReadonlyMap<string, FactRow>;

/**
 * Rows as the store has them: copies in, copies out. Custom fields become columns, which here are one: rows that were
 * got have it, and keep it when they are put.
 */
class MapRows implements FactRows {
  readonly rows: Map<string, FactRow>;

  constructor(rows: Table = new Map()) {
    this.rows = new Map(rows);
  }

  async getMany(keys: readonly string[]): Promise<Table> {
    return new Map(
      keys.flatMap((key) => {
        const row = this.rows.get(key);
        return row ? [[key, structuredClone(row)] as const] : [];
      }),
    );
  }

  async putMany(rows: Table): Promise<void> {
    for (const [key, { attributes, ...row }] of rows)
      this.rows.set(key, structuredClone(attributes === undefined ? row : { ...row, [FIELDS]: attributes }));
  }

  async deleteMany(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.rows.delete(key);
  }
}

function eventsFor({ history }: ProjectionHarness, { topics }: Projection): readonly StoredEvent[] {
  const events = history().filter(({ topic }) => topic in topics);
  expect(events.length, "events of its topics in the history").toBeGreaterThan(3);
  return events;
}

const aggregateOf = ({ aggregate }: StoredEvent) => `${aggregate.type} ${aggregate.id}`;

/** What the events make of an empty table, in batches of this size. */
async function rowsOf(projection: Projection, events: readonly StoredEvent[], batchSize = 100): Promise<Table> {
  const table = new MapRows();
  for (let at = 0; at < events.length; at += batchSize) await projection.apply(events.slice(at, at + batchSize), table);
  return table.rows;
}

/** Where the custom fields of a row stand. */
const FIELDS = "x_attributes";

const sorted = (rows: Table) => [...rows].toSorted(([a], [b]) => (a < b ? -1 : 1));

function facts(harness: ProjectionHarness): void {
  test("says what it makes of which topics, in which version", async () => {
    const { name, version, fact, topics } = harness.projection();
    expect(name).toMatch(/^[a-z]/);
    expect(version).toBeGreaterThanOrEqual(1);
    expect(fact.name).not.toBe("");
    expect(Object.keys(topics).length).toBeGreaterThan(0);
    for (const wanted of Object.values(topics)) expect(wanted).toBeGreaterThanOrEqual(1);
    const { access, began, columns } = fact;
    for (const column of [access.owner, access.team, began, ...Object.values(access.fields ?? {})])
      if (column !== null && column !== undefined) expect(Object.keys(columns)).toContain(column);
    for (const column of Object.keys(columns)) expect(column, "a column in camelCase").toMatch(/^[a-z][A-Za-z0-9]*$/);
  });

  test("makes rows that hold every column, of its kind or null, and no other", async () => {
    const projection = harness.projection();
    const rows = await rowsOf(projection, eventsFor(harness, projection));
    expect(rows.size).toBeGreaterThan(0);
    for (const row of rows.values()) {
      const columns = [
        ...Object.keys(projection.fact.columns),
        ...(projection.fact.attributesOf === undefined ? [] : [FIELDS]),
      ];
      expect(Object.keys(row).toSorted()).toEqual(columns.toSorted());
      for (const [column, kind] of Object.entries(projection.fact.columns))
        expect(row[column] === null || isOfKind[kind](row[column] as Json), `${column} as ${kind}`).toBe(true);
    }
  });
}

const isText = (value: Json): value is string => typeof value === "string";

const isOfKind: Readonly<Record<Projection["fact"]["columns"][string], (value: Json) => boolean>> = {
  text: isText,
  number: (value) => typeof value === "number",
  decimal: (value) => isText(value) && /^-?\d+(\.\d+)?$/.test(value),
  boolean: (value) => typeof value === "boolean",
  timestamp: (value) => isText(value) && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value),
  date: (value) => isText(value) && /^\d{4}-\d\d-\d\d$/.test(value),
  "text-list": (value) => Array.isArray(value) && value.every(isText),
};

function batches(harness: ProjectionHarness): void {
  test("makes the same rows of the same events, however they are batched", async () => {
    const projection = harness.projection();
    const events = eventsFor(harness, projection);
    const whole = sorted(await rowsOf(projection, events));
    for (const batchSize of [1, 2, 3]) expect(sorted(await rowsOf(projection, events, batchSize))).toEqual(whole);
  });

  test("makes the same rows in whatever order aggregates come, each in its own order", async () => {
    const projection = harness.projection();
    const events = eventsFor(harness, projection);
    const whole = sorted(await rowsOf(projection, events));
    for (const seed of [1, 2, 3, 4]) {
      const mixed = disturbed(events, { seed, duplicates: 0, keepOrderOf: aggregateOf });
      expect(sorted(await rowsOf(projection, mixed, 2))).toEqual(whole);
    }
  });

  test("takes a batch again that was rolled back", async () => {
    const projection = harness.projection();
    const events = eventsFor(harness, projection);
    const whole = sorted(await rowsOf(harness.projection(), events));
    const table = new MapRows();
    for (let at = 0; at < events.length; at += 2) {
      const batch = events.slice(at, at + 2);
      await projection.apply(batch, new MapRows(table.rows));
      await projection.apply(batch, table);
    }
    expect(sorted(table.rows)).toEqual(whole);
  });
}

function purity(harness: ProjectionHarness): void {
  test("makes the same rows at another time and with other luck", async () => {
    const at = async (now: number, random: number) => {
      const real = { now: Date.now, random: Math.random };
      Date.now = () => now;
      Math.random = () => random;
      try {
        const projection = harness.projection();
        return sorted(await rowsOf(projection, eventsFor(harness, projection)));
      } finally {
        Date.now = real.now;
        Math.random = real.random;
      }
    };
    expect(await at(Date.UTC(2040, 5, 6), 0.9)).toEqual(await at(Date.UTC(2021, 1, 2), 0.1));
  });

  test("keeps nothing between two tables", async () => {
    const projection = harness.projection();
    const events = eventsFor(harness, projection);
    const first = sorted(await rowsOf(projection, events));
    expect(sorted(await rowsOf(projection, events))).toEqual(first);
  });

  test("changes nothing of the events", async () => {
    const projection = harness.projection();
    const events = eventsFor(harness, projection);
    const before = structuredClone(events);
    await rowsOf(projection, events);
    expect(events).toEqual(before);
  });
}
