import { CrmError, runOutsideUnitOfWork } from "@crmessenger/kernel";
import { uuidV7 } from "@crmessenger/kernel/infrastructure";
import { createGate, eventually } from "@crmessenger/testing";
import { sql } from "kysely";
import { describe, expect, test } from "vitest";
import { contactRecord } from "../src/entities/contact-record.ts";
import { shareDatabase } from "./shared-database.ts";

for (const engine of ["PGlite", "PostgreSQL 15"] as const) {
  describe(`Database on ${engine}`, () => {
    const shared = shareDatabase(engine);
    const opened = () => {
      const { database, orm } = shared;
      const insert = (name: string, number = 1) =>
        database.query("insert into things (name, number) values ($1, $2)", [name, number]);
      const names = async () =>
        (await database.query<{ name: string }>("select name from things order by name")).rows.map(({ name }) => name);
      return { database, units: database.units, orm, insert, names };
    };

    test("translates what the server refuses, without quoting rows", async () => {
      const { database, insert } = opened();
      await insert("a");
      await expect(insert("a")).rejects.toMatchObject({
        code: "CRM_STORAGE_DUPLICATE",
        status: 409,
        details: { constraint: "things_pkey", table: "things" },
      });
      await expect(insert("b", -1)).rejects.toMatchObject({
        code: "CRM_STORAGE_INVALID",
        status: 422,
        details: { constraint: "things_number_check" },
      });
      await expect(database.query("insert into things (name, other) values ('c', 'nobody')")).rejects.toMatchObject({
        code: "CRM_STORAGE_REFERENCE",
        status: 409,
      });
      await expect(database.query("select $1::uuid", ["no id"])).rejects.toMatchObject({ code: "CRM_STORAGE_INVALID" });
      await expect(database.query("select from nowhere")).rejects.toMatchObject({
        code: "CRM_STORAGE_FAILED",
        details: { sqlState: "42P01" },
      });
      const refused = await insert("secret value", -1).catch((error: unknown) => error as CrmError);
      expect(JSON.stringify([refused, String((refused as CrmError).cause)])).not.toContain("secret value");
    });

    test("answers rows, counts and commands alike for plain and for prepared statements", async () => {
      const { database, insert } = opened();
      await insert("a");
      for (let turn = 0; turn < 3; turn += 1) {
        expect(
          await database.query("select name, $1::int as n from things", [turn], { name: "testing.select" }),
        ).toEqual({ rows: [{ name: "a", n: turn }], rowCount: 1, command: "SELECT" });
      }
      expect(await database.query("update things set number = 2 returning number")).toEqual({
        rows: [{ number: 2 }],
        rowCount: 1,
        command: "UPDATE",
      });
      expect(await database.query("delete from things where name = 'nobody'")).toMatchObject({ rows: [], rowCount: 0 });
    });

    test("refuses a statement outside of the unit of work from inside it, instead of waiting for ever", async () => {
      const { database, units, insert, names } = opened();
      await units.run(async () => {
        await insert("inside");
        await expect(runOutsideUnitOfWork(() => database.query("select 1"))).rejects.toMatchObject({
          code: "CRM_UOW_NESTED_OUTSIDE",
        });
        await expect(runOutsideUnitOfWork(() => units.run(() => insert("outside")))).rejects.toMatchObject({
          code: "CRM_UOW_NESTED_OUTSIDE",
        });
      });
      expect(await names()).toEqual(["inside"]);
    });

    test("dooms a unit whose statement failed: it reports that failure however late it is asked", async () => {
      const { units, insert, names } = opened();
      const doomed = units.run(async () => {
        await insert("a");
        await insert("a").catch(() => undefined);
        await expect(insert("b")).rejects.toMatchObject({ code: "CRM_STORAGE_DUPLICATE" });
      });
      await expect(doomed).rejects.toMatchObject({ code: "CRM_STORAGE_DUPLICATE" });
      expect(await names()).toEqual([]);
    });

    test("can't commit half of a joined unit that failed after it wrote, but goes on after one that only read", async () => {
      const { database, units, insert, names } = opened();
      const failing = (work: () => Promise<unknown>) =>
        units
          .run(() => work().then(() => Promise.reject(new CrmError("CRM_TEST_REFUSED", "No."))))
          .catch(() => undefined);
      await units.run(async () => {
        await insert("kept");
        await failing(() => database.query("select 1"));
      });
      await expect(
        units.run(async () => {
          await insert("first");
          await failing(() => insert("second"));
        }),
      ).rejects.toMatchObject({ code: "CRM_TEST_REFUSED" });
      expect(await names()).toEqual(["kept"]);
    });

    test("writes what is buffered just before the commit, once for each buffer, and nothing of it after a failure", async () => {
      const { database, units, insert, names } = opened();
      const [buffer, late] = [{}, {}];
      await units.run(async () => {
        for (let call = 0; call < 3; call += 1) {
          database.beforeCommit(buffer, async () => {
            await insert("buffered");
            database.beforeCommit(late, async () => void (await insert("from a buffer")));
          });
        }
        expect(await names()).toEqual([]);
      });
      expect(await names()).toEqual(["buffered", "from a buffer"]);
      const refused = units.run(async () => {
        await insert("not kept");
        database.beforeCommit(buffer, async () => void (await insert("buffered")));
      });
      await expect(refused).rejects.toMatchObject({ code: "CRM_STORAGE_DUPLICATE" });
      expect(await names()).toEqual(["buffered", "from a buffer"]);
    });

    test("refuses buffers, effects and entity managers outside a unit of work", async () => {
      const { database } = opened();
      const required = expect.objectContaining({ code: "CRM_UOW_REQUIRED" }) as Error;
      expect(() => database.beforeCommit({}, async () => {})).toThrow(required);
      expect(() => database.afterCommit(() => {})).toThrow(required);
      await expect(database.entityManager()).rejects.toMatchObject({ code: "CRM_UOW_REQUIRED" });
    });

    test("lets Kysely and the entity manager take part in the unit of work", async () => {
      const { database, units, orm, names } = opened();
      const kysely = await database.kysely();
      const id = uuidV7().next();
      const at = new Date().toISOString();
      const work = async () => {
        await kysely.insertInto("things").values({ name: "by kysely", number: 1 }).execute();
        const em = await database.entityManager();
        expect(await database.entityManager()).toBe(em);
        const entity = (await orm.load()).entity(contactRecord);
        await em.insert(entity, {
          id,
          tenantId: "t",
          version: 1,
          createdAt: at,
          updatedAt: at,
          deletedAt: null,
          name: "Анна",
          ownerId: null,
          attributes: { "a?b": ["'", "\\"] },
        } as never);
        const found = (await em.findOneOrFail(entity, { id } as never)) as { name: string; createdAt: string };
        expect(found).toMatchObject({ name: "Анна", createdAt: at, attributes: { "a?b": ["'", "\\"] } });
        found.name = "Анна Петрова";
        await em.flush();
        await em.transactional(
          async (inner) => void (await inner.nativeUpdate(entity, { id } as never, { version: 2 } as never)),
        );
      };
      await expect(units.run(() => work().then(() => Promise.reject(new Error("no"))))).rejects.toThrow("no");
      expect(await names()).toEqual([]);
      await units.run(work);
      expect(await names()).toEqual(["by kysely"]);
      expect((await database.query("select name, version from contacts where id = $1", [id])).rows).toEqual([
        { name: "Анна Петрова", version: 2 },
      ]);
    });

    test("goes on after a savepoint that was gone back to", async () => {
      const { database, units, insert, names } = opened();
      const kysely = await database.kysely();
      await units.run(async () => {
        await insert("a");
        const transaction = await kysely.startTransaction().execute();
        const savepoint = await transaction.savepoint("before").execute();
        await expect(sql`insert into things (name) values ('a')`.execute(savepoint)).rejects.toMatchObject({
          code: "CRM_STORAGE_DUPLICATE",
        });
        await savepoint.rollbackToSavepoint("before").execute();
        await insert("b");
      });
      expect(await names()).toEqual(["a", "b"]);
    });

    test("takes a rolled back Kysely transaction inside a unit for the unit's end", async () => {
      const { database, units, insert, names } = opened();
      const kysely = await database.kysely();
      const run = units.run(async () => {
        await insert("a");
        await kysely
          .transaction()
          .execute(() => Promise.reject(new Error("no")))
          .catch(() => undefined);
      });
      await expect(run).rejects.toMatchObject({ code: "CRM_UOW_ROLLED_BACK" });
      expect(await names()).toEqual([]);
    });

    test("runs Kysely transactions of their own outside a unit", async () => {
      const { database, names } = opened();
      const kysely = await database.kysely();
      const failing = kysely.transaction().execute(async (transaction) => {
        await transaction.insertInto("things").values({ name: "a", number: 1 }).execute();
        throw new Error("no");
      });
      await expect(failing).rejects.toThrow("no");
      await kysely
        .transaction()
        .execute((transaction) => transaction.insertInto("things").values({ name: "b", number: 1 }).execute());
      expect(await names()).toEqual(["b"]);
    });

    test("wakes listeners on notifications, and lets them go", async () => {
      const { database, units } = opened();
      const heard: string[] = [];
      const stop = await database.listen("Testing Channel", (payload) => heard.push(payload));
      await units.run(() => database.query(`select pg_notify('Testing Channel', 'one')`));
      await eventually(() => expect(heard).toEqual(["one"]));
      await stop();
      await database.query(`select pg_notify('Testing Channel', 'two')`);
      const again = createGate();
      await database.listen("Testing Channel", (payload) => payload === "three" && again.open());
      await database.query(`select pg_notify('Testing Channel', 'three')`);
      await again.opened;
      expect(heard).toEqual(["one"]);
    });

    test("gives a reserved connection to its holder alone", async () => {
      const { database } = opened();
      const reserved = await database.reserve();
      await reserved.query("create temporary table mine (n int)");
      await reserved.query("insert into mine values ($1)", [1]);
      expect((await reserved.query("select n from mine")).rows).toEqual([{ n: 1 }]);
      await reserved.query("drop table mine");
      reserved.release();
      expect((await database.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    });
  });
}
