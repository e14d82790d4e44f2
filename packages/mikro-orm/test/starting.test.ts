import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Kernel, createKernel } from "@crmessenger/kernel";
import { Secrets, SqlDatabase, everything, silentLogger } from "@crmessenger/kernel/infrastructure";
import { ContactRepository } from "@crmessenger/kernel/sales";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { allRecords } from "../src/entities/all-records.ts";
import { migrations } from "../src/migrations.ts";
import { mikroOrm } from "../src/plugin.ts";
import { pglitePlace, places, postgresPlace } from "./places.ts";
import { createDatabaseFrom, dropDatabase } from "./postgres-databases.ts";
import type { Place } from "./services.ts";

const oldKey = Buffer.alloc(32, 1).toString("base64");
const newKey = Buffer.alloc(32, 2).toString("base64");
const environment = { CRMESSENGER_SECRET_KEY: oldKey };

type Options = Parameters<typeof mikroOrm>[0];

async function start(options: Options, secretKey = oldKey): Promise<Kernel> {
  const environment = { CRMESSENGER_SECRET_KEY: secretKey };
  const kernel = await createKernel({ plugins: [mikroOrm(options)], environment, logger: silentLogger });
  onTestFinished(() => kernel.stop());
  return kernel;
}

function optionsOf(place: Place): Options {
  return "url" in place ? { databaseUrl: place.url } : { dataDirectory: place.directory };
}

async function emptyDatabase(): Promise<string> {
  const name = `empty_${process.pid}_${Math.random().toString(36).slice(2, 8)}`;
  onTestFinished(() => dropDatabase(inject("postgresUrl"), name));
  return createDatabaseFrom(inject("postgresUrl"), name);
}

const applied = async (kernel: Kernel) =>
  (await kernel.get(SqlDatabase).query<{ name: string }>("select name from crmessenger_migrations order by id")).map(
    ({ name }) => name,
  );
const contact = (id: string) => ({ id, name: "Anna", ownerId: null, attributes: {} });

describe("The tables", () => {
  for (const [engine, create] of Object.entries(places)) {
    test(`hold what the entities say, on ${engine}`, async () => {
      const kernel = await start(optionsOf(await create()));
      const columns = await kernel
        .get(SqlDatabase)
        .query<{ table: string; name: string; type: string; nullable: boolean; collation: string | null }>(
          `select table_name as table, column_name as name, udt_name as type, is_nullable = 'YES' as nullable, collation_name as collation from information_schema.columns where table_schema = current_schema()`,
        );
      const types = {
        uuid: "uuid",
        text: "text",
        integer: "int4",
        boolean: "bool",
        time: "timestamptz",
        list: "_text",
        number: "float8",
        json: "jsonb",
      } as const;
      for (const { tableName, columns: declared } of allRecords) {
        const found = columns
          .filter(({ table }) => table === tableName)
          .map(({ name, type, nullable }) => ({ name, type, nullable }));
        const expected = [...declared.values()].map(({ sql, kind, nullable }) => ({
          name: sql.slice(1, -1),
          type: types[kind],
          nullable,
        }));
        expect(found).toEqual(expect.arrayContaining(expected));
        expect(found).toHaveLength(expected.length);
      }
      // Text compares by code point wherever it is compared.
      const collated = columns.filter(
        ({ table, type }) => type === "text" && allRecords.some(({ tableName }) => tableName === table),
      );
      expect(new Set(collated.map(({ collation }) => collation))).toEqual(new Set(["C"]));
    });
  }
});

describe("Migrations", () => {
  test("are applied once, in their order, by one of several processes that start together", async () => {
    const databaseUrl = await emptyDatabase();
    const kernels = await Promise.all([1, 2, 3].map(() => start({ databaseUrl })));
    expect(await applied(kernels[0] as Kernel)).toEqual(migrations.map(({ name }) => name));
  });

  test("put the tables into the schema that was asked for, and two schemas share nothing", async () => {
    const databaseUrl = await emptyDatabase();
    const [one, other] = [
      await start({ databaseUrl, schema: "shop_one" }),
      await start({ databaseUrl, schema: "shop_two" }),
    ];
    const inserted = await one.get(ContactRepository).insert(contact("01a1f7c3-fcd9-7001-8afc-2804626baf55"));
    expect(await one.get(ContactRepository).find(everything)).toEqual({ items: [inserted] });
    expect(await other.get(ContactRepository).count(everything)).toBe(0);
    expect(
      await one.get(SqlDatabase).query("select schemaname from pg_tables where tablename = 'contacts' order by 1"),
    ).toEqual([{ schemaname: "shop_one" }, { schemaname: "shop_two" }]);
  });

  test("refuse a database that a newer version has used, and say so", async () => {
    const place = await postgresPlace();
    const kernel = await start(optionsOf(place));
    await kernel.get(SqlDatabase).query("insert into crmessenger_migrations (name) values ('from-the-future')");
    await expect(start(optionsOf(place))).rejects.toMatchObject({
      message: expect.stringContaining("from-the-future"),
      details: { code: "CRM_DATABASE_NEWER" },
    });
  });
});

describe("The data directory", () => {
  test("admits one kernel at a time, and is free again after its stop or its failed start", async () => {
    const { directory } = (await pglitePlace()) as { directory: string };
    const first = await start({ dataDirectory: directory });
    await expect(start({ dataDirectory: directory })).rejects.toMatchObject({
      message: expect.stringContaining(`process ${process.pid}`),
      details: { code: "CRM_DATABASE_LOCKED" },
    });
    await first.get(SqlDatabase).query("insert into crmessenger_migrations (name) values ('from-the-future')");
    await first.stop();
    await expect(start({ dataDirectory: directory })).rejects.toMatchObject({
      details: { code: "CRM_DATABASE_NEWER" },
    });
    expect((await readdir(directory)).filter((name) => name.includes("lock"))).toEqual([]);
  });

  test("is made where there is none", async () => {
    const parent = await mkdtemp(join(tmpdir(), "crmessenger-new-"));
    onTestFinished(() => rm(parent, { recursive: true, force: true }));
    const kernel = await start({ dataDirectory: join(parent, "not", "yet") });
    expect(await applied(kernel)).toEqual(migrations.map(({ name }) => name));
  });
});

describe("The options", () => {
  test("without any, data are in memory and end with the kernel", async () => {
    const kernel = await start({});
    expect(kernel.get(SqlDatabase).engine).toBe("pglite");
    await kernel.get(ContactRepository).insert(contact("01a1f7c3-fcd9-7001-8afc-2804626baf55"));
    expect(await kernel.get(ContactRepository).count(everything)).toBe(1);
  });

  test("yield to DATABASE_URL only where they name no database", async () => {
    const { url } = (await postgresPlace()) as { url: string };
    const kernel = await createKernel({
      plugins: [mikroOrm()],
      environment: { ...environment, DATABASE_URL: url },
      logger: silentLogger,
    });
    onTestFinished(() => kernel.stop());
    expect(kernel.get(SqlDatabase).engine).toBe("postgresql");
    const { directory } = (await pglitePlace()) as { directory: string };
    const embedded = await createKernel({
      plugins: [mikroOrm({ dataDirectory: directory })],
      environment: { ...environment, DATABASE_URL: url },
      logger: silentLogger,
    });
    onTestFinished(() => embedded.stop());
    expect(embedded.get(SqlDatabase).engine).toBe("pglite");
  });

  test.for([
    [{ databaseUrl: "mysql://localhost/shop" }, "databaseUrl"],
    [{ databaseUrl: "postgresql://localhost/shop", dataDirectory: "/data" }, "either databaseUrl or dataDirectory"],
    [{ schema: "Robert'); drop table contacts" }, "schema"],
    [{ poolSize: 0 }, "poolSize"],
  ] as const)("%j are refused with the reason", async ([options, reason]) => {
    await expect(start(options as Options)).rejects.toMatchObject({
      code: "CRM_PLUGIN_OPTIONS",
      message: expect.stringContaining(reason),
    });
  });
});

describe("A change of the secret key", () => {
  for (const [engine, create] of Object.entries(places)) {
    test(`is done by one start with both keys, on ${engine}`, async () => {
      const options = optionsOf(await create());
      const session = new TextEncoder().encode("a session");
      const before = await start(options);
      await before.get(Secrets).namespace("telegram").set("one", session);
      await before.stop();
      await (await start(options, `${newKey},${oldKey}`)).stop();
      const after = await start(options, newKey);
      expect((await after.get(Secrets).namespace("telegram").get("one"))?.value).toEqual(Buffer.from(session));
    });
  }
});
