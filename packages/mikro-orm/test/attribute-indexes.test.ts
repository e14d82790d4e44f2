import { executionContext } from "@crmessenger/kernel";
import {
  AttributeIndexes,
  type AttributeKind,
  type Criteria,
  Ids,
  SqlDatabase,
  UnitOfWork,
  and,
  where,
} from "@crmessenger/kernel/infrastructure";
import { ContactRepository } from "@crmessenger/kernel/sales";
import { createGate, createTestKernel, describeAttributeIndexes, eventually } from "@crmessenger/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compileCriteria } from "../src/criteria/compile-criteria.ts";
import { SqlParameters } from "../src/criteria/sql-parameters.ts";
import { contactRecord } from "../src/entities/contact-record.ts";
import { Keyset } from "../src/repository/keyset.ts";
import { pgliteHarness, postgresHarness } from "./storage-harnesses.ts";

type Kernel = Awaited<ReturnType<typeof createTestKernel>>;

for (const harness of [pgliteHarness, postgresHarness]) {
  describe(harness.name, () => {
    describeAttributeIndexes(harness);
  });
}

describe("An index of a custom field on PostgreSQL 15", () => {
  let kernel: Kernel;
  let sql: SqlDatabase;
  let drop = async () => {};
  beforeAll(async () => {
    const database = await postgresHarness.create();
    kernel = await createTestKernel({ plugins: [...database.plugins()], environment: database.environment ?? {} });
    sql = kernel.get(SqlDatabase);
    drop = async () => database.drop?.();
    await sql.query(
      `insert into contacts (id, tenant_id, version, created_at, updated_at, name, attributes)
      select gen_random_uuid(), 'default', 1, now(), now(), 'c' || n, jsonb_build_object(
        'label', 'label ' || n, 'size', n, 'budget', jsonb_build_object('amount', n || '.50', 'currency', 'EUR'),
        'tags', jsonb_build_array('tag ' || n, 'tag ' || n % 5), 'vip', n % 1000 = 0, 'day', to_char(date '2020-01-01' + n, 'YYYY-MM-DD'))
      from generate_series(1, 5000) n`,
      [],
    );
  });
  afterAll(async () => {
    await kernel.stop();
    await drop();
  });

  /** The plan for what a repository would ask. */
  async function planOf(criteria: Criteria, tail = ""): Promise<string> {
    const parameters = new SqlParameters();
    const tenant = parameters.add(executionContext().tenantId, "text");
    const condition = compileCriteria(criteria, contactRecord, parameters);
    const rows = await sql.query<{ "QUERY PLAN": string }>(
      `explain select id from contacts where tenant_id = ${tenant} and deleted_at is null and ${condition}${tail}`,
      parameters.values,
    );
    return rows.map((row) => row["QUERY PLAN"]).join("\n");
  }

  const ensure = (field: string, kind: AttributeKind, unique = false) =>
    kernel.get(AttributeIndexes).ensure({ entity: "contact", field, kind, unique });

  test.each([
    ["label", "text", where("attributes.label").eq("label 7")],
    ["label", "text", where("attributes.label").in(["label 7", "label 9"])],
    ["label", "text", where("attributes.label").startsWith("label 77")],
    ["label", "text", where("attributes.label").contains("bel 777")],
    ["day", "date", where("attributes.day").between("2020-02-01", "2020-02-03")],
    ["size", "number", where("attributes.size").eq(7)],
    ["size", "number", where("attributes.size").gt(4990)],
    ["vip", "boolean", where("attributes.vip").eq(true)],
    ["budget.amount", "number", where("attributes.budget.amount").gt(4990)],
    ["budget.amount", "number", where("attributes.budget.amount").between(7, 8)],
    ["tags", "list", where("attributes.tags").includes("tag 77")],
  ] as const)("serves conditions on %s, a %s", async (field, kind, criteria) => {
    await ensure(field, kind);
    expect(await planOf(criteria)).toMatch(new RegExp(`contacts_field_${field.replace(".", "")}_[0-9a-f]{12}`));
  });

  test("serves two fields at once", async () => {
    await ensure("label", "text");
    await ensure("size", "number");
    const both = and(where("attributes.label").startsWith("label 4"), where("attributes.size").gt(4990));
    expect(await planOf(both)).toContain("contacts_field_size_");
  });

  test.each([
    ["size", "number"],
    ["budget.amount", "number"],
    ["label", "text"],
  ] as const)("serves an order by %s, a %s", async (field, kind) => {
    await ensure(field, kind);
    const name = `contacts_field_${field.replace(".", "")}_`;
    const sort = [{ field: `attributes.${field}`, direction: "asc", kind }] as const;
    const order = new Keyset(sort, contactRecord, new SqlParameters()).orderBy();
    expect(await planOf(and(), ` order by ${order} limit 10`)).toContain(name);
    const descending = [{ ...sort[0], direction: "desc" }] as const;
    for (const part of new Keyset(descending, contactRecord, new SqlParameters()).parts(undefined)) {
      const keyset = new Keyset(descending, contactRecord, new SqlParameters(), part);
      const tail = ` and ${keyset.inPart()} order by ${keyset.orderBy()} limit 10`;
      expect(await planOf(and(), tail)).toContain(name);
    }
  });

  test("is made while others write", async () => {
    const units = kernel.get(UnitOfWork);
    const written = createGate();
    const insert = (name: string) =>
      kernel
        .get(ContactRepository)
        .insert({ id: kernel.get(Ids).next(), name, ownerId: null, attributes: { busy: name } });
    const open = units.run(async () => {
      await insert("first");
      await written.opened;
    });
    // It waits for the unit that is open, and nobody waits for it.
    const making = ensure("busy", "text");
    await eventually(async () => {
      const own = (await kernel.get(AttributeIndexes).states("contact")).find(({ field }) => field === "busy");
      expect(own?.status).toBe("building");
      expect(await waiting()).toBe(1);
    });
    await insert("second");
    written.open(undefined);
    await Promise.all([open, making]);
    expect(await kernel.get(ContactRepository).count(where("attributes.busy").startsWith("s"))).toBe(1);
  });

  /** Indexes that wait for writers. */
  const waiting = async () =>
    (await sql.query("select 1 from pg_stat_progress_create_index where phase like 'waiting for writers%'", [])).length;

  test("is made anew where an attempt died", async () => {
    await ensure("label", "text", true);
    const names = await sql.query<{ name: string }>(
      "select indexrelid::regclass::text as name from pg_index where indrelid = 'contacts'::regclass and indisunique and not indisprimary",
      [],
    );
    expect(names).toHaveLength(1);
    // What a process leaves behind that is killed while it builds.
    await sql.query("update pg_index set indisvalid = false where indexrelid = $1::regclass", [names[0]?.name]);
    expect(await states()).toMatchObject([{ field: "label", status: "building" }]);
    await ensure("label", "text", true);
    expect(await states()).toMatchObject([{ field: "label", status: "ready" }]);
  });

  const states = async () =>
    (await kernel.get(AttributeIndexes).states("contact")).filter(({ field }) => field === "label");

  test("goes with the last tenant that asked for it", async () => {
    const indexes = kernel.get(AttributeIndexes);
    const named = async () =>
      (await sql.query("select 1 from pg_class where relname like 'contacts_field_shared_%'", [])).length;
    const shared = { entity: "contact", field: "shared" };
    const inTenant = <T>(tenantId: string, work: () => Promise<T>) => kernel.run(work, { tenantId });
    for (const tenant of ["one", "two"]) await inTenant(tenant, () => indexes.ensure({ ...shared, kind: "text" }));
    expect(await named()).toBe(2);
    await inTenant("one", () => indexes.drop(shared));
    expect(await named()).toBe(2);
    await inTenant("two", () => indexes.drop(shared));
    expect(await named()).toBe(0);
  });
});
