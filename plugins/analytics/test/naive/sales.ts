import { systemActor } from "@crmessenger/kernel";
import type { FactColumnKind, FactRow, Projection } from "@crmessenger/kernel/analytics";
import type { Criteria, JsonObject, NewEvent } from "@crmessenger/kernel/infrastructure";
import fc from "fast-check";

const columns = {
  at: "timestamp",
  day: "date",
  amount: "decimal",
  weight: "number",
  gift: "boolean",
  shop: "text",
  tags: "text-list",
} as const satisfies Readonly<Record<string, FactColumnKind>>;

/** A plugin's own facts, with a column of every kind. Another version calls shops otherwise. */
export const salesProjection = (version = 1): Projection => ({
  name: "testing.sale",
  version,
  fact: {
    name: "testing.sale",
    columns: version === 1 ? columns : { ...columns, first: "boolean" },
    access: { permission: "testing.sale.read", owner: null, team: null },
  },
  topics: { "testing.sold": 1 },
  async apply(events, rows) {
    const made = events.map(({ aggregate, payload }, index): readonly [string, FactRow] => [
      aggregate.id,
      version === 1 ? payload : { ...payload, first: index === 0 },
    ]);
    await rows.putMany(new Map(made));
  },
});

const maybe = <T>(some: fc.Arbitrary<T>) => fc.option(some, { freq: 6 });
const decimal = fc
  .tuple(fc.integer({ min: -999, max: 99_999_999 }), fc.integer({ min: 1, max: 99 }))
  .map(([whole, cents]) => `${whole}.${String(cents).padStart(2, "0")}`.replace(/0$/, ""));
const time = fc
  .date({ min: new Date("2025-03-28"), max: new Date("2025-04-02"), noInvalidDate: true })
  .map((date) => date.toISOString());
const shop = fc.constantFrom("Riga", "riga", "Ärla", "🚙", "\uFF5E", "", "100%", "a_b");

export const sales: fc.Arbitrary<readonly FactRow[]> = fc.array(
  fc.record({
    at: maybe(time),
    day: maybe(time.map((text) => text.slice(0, 10))),
    amount: maybe(decimal),
    weight: maybe(fc.constantFrom(0, -1.5, 2.25, 1e21, 7)),
    gift: maybe(fc.boolean()),
    shop: maybe(shop),
    tags: maybe(fc.array(fc.constantFrom("new", "old"), { maxLength: 2 })),
  }),
  { minLength: 1, maxLength: 25 },
);

/** Values of every kind against columns of every kind: what does not fit together has to come out alike, too. */
const value = fc.oneof(
  fc.constant(null),
  decimal,
  time,
  time.map((text) => text.slice(0, 10)),
  shop,
  fc.boolean(),
  fc.constantFrom(0, 2.25, 7, 1e21),
);
const field = fc.constantFrom(...Object.keys(columns));

export const { criteria } = fc.letrec<{ criteria: Criteria }>((tie) => ({
  criteria: fc.oneof(
    { maxDepth: 3 },
    fc.record({ op: fc.constantFrom("eq", "ne", "gt", "gte", "lt", "lte"), field, value }) as fc.Arbitrary<Criteria>,
    fc.record({ op: fc.constant("in" as const), field, values: fc.array(value, { maxLength: 3 }) }),
    fc.record({
      op: fc.constantFrom("contains", "startsWith"),
      field,
      value: fc.oneof(shop, fc.constantFrom("1", "2025-03", "-")),
    }) as fc.Arbitrary<Criteria>,
    fc.record({ op: fc.constant("isNull" as const), field }),
    fc.record({ op: fc.constant("between" as const), field, from: value, to: value }),
    fc.record({ op: fc.constant("not" as const), criteria: tie("criteria") }),
    fc.record({
      op: fc.constantFrom("and", "or"),
      all: fc.array(tie("criteria"), { maxLength: 3 }),
    }) as fc.Arbitrary<Criteria>,
  ),
}));

export function sold(tenantId: string, rows: readonly FactRow[]): NewEvent[] {
  return rows.map((row, index) => ({
    id: crypto.randomUUID(),
    topic: "testing.sold",
    version: 1,
    aggregate: { type: "sale", id: `${tenantId}-${index}` },
    payload: row as JsonObject,
    tenantId,
    actor: systemActor,
    correlationId: "sales",
    causationId: null,
    occurredAt: "2025-04-02T00:00:00.000Z",
  }));
}

/** Sums of decimals in ten-thousandths, so that nothing is rounded. */
export const total = (values: readonly string[]): bigint =>
  values.reduce((sum, text) => {
    const [whole = "", fraction = ""] = text.split(".");
    const digits = BigInt(`${whole.replace("-", "")}${fraction.padEnd(4, "0")}`);
    return sum + (text.startsWith("-") ? -digits : digits);
  }, 0n);
