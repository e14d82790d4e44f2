import { SqlDatabase, UnitOfWork } from "@crmessenger/kernel/infrastructure";
import {
  type StorageHarness,
  createTestKernel,
  describeEventLog,
  describeLeases,
  describeUnitOfWork,
} from "@crmessenger/testing";
import pg from "pg";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { mikroOrm } from "../src/plugin.ts";
import { createDatabaseFrom, dropDatabase } from "./postgres-databases.ts";

const environment = { CRMESSENGER_SECRET_KEY: Buffer.alloc(32, 1).toString("base64") };

let databases = 0;

/** A pool as an application has it: with a time zone, a date style and a search path of its own. */
async function createPool(template?: string) {
  const name = `pool_${process.pid}_${(databases += 1)}_${Math.random().toString(36).slice(2, 8)}`;
  const connectionString = await createDatabaseFrom(inject("postgresUrl"), name, template);
  const options = "-c timezone=Asia/Tokyo -c datestyle=SQL,DMY -c search_path=shop,public";
  const pool = new pg.Pool({ connectionString, max: 20, options });
  pool.on("error", () => {}); // its end does not wait for the sockets, and the database is dropped with force
  const drop = async () => {
    await pool.end();
    await dropDatabase(inject("postgresUrl"), name);
  };
  return { pool, drop };
}

const harness: StorageHarness = {
  name: "a shared pool",
  processes: "concurrent",
  async create() {
    const { pool, drop } = await createPool("template");
    return { plugins: () => [mikroOrm({ pool, schema: "public" })], environment, drop };
  },
};

describeUnitOfWork(harness);
describeEventLog(harness);
describeLeases(harness);

describe("a pool that is shared", () => {
  const start = async (options: { readonly schema?: string } = { schema: "crm" }) => {
    const { pool, drop } = await createPool();
    onTestFinished(drop);
    const kernel = await createTestKernel({ plugins: [mikroOrm({ pool, ...options })], environment });
    onTestFinished(() => kernel.stop());
    return { pool, kernel, sql: kernel.get(SqlDatabase) };
  };
  const SETTINGS =
    "select current_setting('timezone') as zone, current_setting('datestyle') as style, current_setting('search_path') as path";
  const THEIRS = { zone: "Asia/Tokyo", style: "SQL, DMY", path: "shop,public" };

  test("has our settings inside and the application's outside, on every connection", async () => {
    const { pool, sql } = await start();
    const many = [...Array(12).keys()];
    const inside = await Promise.all(many.map(() => sql.query(SETTINGS)));
    const ours = { zone: "UTC", style: "ISO, MDY", path: "crm, public" };
    expect(inside.map(([row]) => ({ ...row, path: String(row?.["path"]).replaceAll('"', "") }))).toEqual(
      many.map(() => ours),
    );
    const outside = await Promise.all(many.map(() => pool.query(SETTINGS)));
    expect(outside.map(({ rows: [row] }) => row)).toEqual(many.map(() => THEIRS));
  });

  test("reads values as we read them and as the application reads them", async () => {
    const { pool, sql } = await start();
    const statement = "select timestamptz '2026-01-02 03:04:05+00' as at, 7::int8 as count, now()::text as now";
    const ours = { at: "2026-01-02T03:04:05.000Z", count: 7, now: expect.stringMatching(/^\d{4}-.*\+00$/) as string };
    expect(await sql.query(statement)).toEqual([ours]);
    const { rows } = await pool.query(statement);
    expect(rows).toMatchObject([{ count: "7", now: expect.stringMatching(/^\d\d\/.* JST$/) as string }]);
  });

  test("keeps our tables in their schema and finds the application's by their full name, in one transaction", async () => {
    const { pool, kernel, sql } = await start();
    await pool.query("create schema shop; create table shop.orders (id int primary key)");
    const order = (id: number) => sql.query("insert into shop.orders values ($1)", [id]);
    const units = kernel.get(UnitOfWork);
    await units.run(() => order(1));
    await expect(
      units.run(async () => {
        await order(2);
        throw new Error("no");
      }),
    ).rejects.toThrow("no");
    expect((await pool.query("select id from shop.orders")).rows).toEqual([{ id: 1 }]);
    const { rows } = await pool.query(
      "select distinct table_schema as name from information_schema.tables where table_name = 'leads'",
    );
    expect(rows).toEqual([{ name: "crm" }]);
  });

  test("is given back whole after a statement that failed", async () => {
    const { pool, sql } = await start();
    await expect(sql.query("select 1 / 0")).rejects.toMatchObject({ code: "CRM_STORAGE_INVALID" });
    expect((await pool.query(SETTINGS)).rows).toEqual([THEIRS]);
  });

  test("goes on after the kernel has stopped, and has nothing of ours on it then", async () => {
    const { pool, kernel } = await start();
    await kernel.stop();
    expect([pool.totalCount - pool.idleCount, pool.ended, pool.ending]).toEqual([0, false, false]);
    expect((await pool.query(SETTINGS)).rows).toEqual([THEIRS]);
  });

  test("that has ended stops the boot, saying so", async () => {
    const pool = new pg.Pool({ host: "127.0.0.1", port: 1, database: "shop" });
    await pool.end();
    await expect(createTestKernel({ plugins: [mikroOrm({ pool })], environment })).rejects.toThrow(
      "No connection to PostgreSQL at 127.0.0.1:1/shop: Cannot use a pool after calling end on the pool. Check that the pool",
    );
  });

  test.each([
    ["no pool", { pool: { max: 1 } as never }, "a pool is a pg.Pool"],
    ["two places", { pool: new pg.Pool(), databaseUrl: "postgresql://localhost/x" }, "give either"],
  ])("is refused as %s", async (_, options, why) => {
    await expect(createTestKernel({ plugins: [mikroOrm(options)], environment })).rejects.toThrow(why);
  });
});
