import { cp, rm } from "node:fs/promises";
import { silentLogger, systemClock, uuidV7 } from "@crmessenger/kernel/infrastructure";
import { createScratchDirectory } from "@crmessenger/testing/postgres";
import { afterAll, beforeAll, beforeEach, inject } from "vitest";
import { type DatabaseHandle, createDatabase } from "../src/database/create-database.ts";
import { PgliteEngine } from "../src/database/pglite-engine.ts";
import type { Engine } from "../src/database/session.ts";
import { LazyOrm } from "../src/orm/lazy-orm.ts";
import { createDatabaseFrom, dropDatabase } from "./postgres-databases.ts";
import { postgresEngine } from "./postgres-engine.ts";

export type EngineName = "PGlite" | "PostgreSQL 15";

/** The door to one migrated database for all tests of a `describe`; the table `things` is empty before each. */
export interface SharedDatabase {
  readonly database: DatabaseHandle;
  readonly orm: LazyOrm;
}

export function shareDatabase(engine: EngineName): SharedDatabase {
  const shared: { database?: DatabaseHandle; orm?: LazyOrm } = {};
  let drop = async () => {};
  beforeAll(async () => {
    const created = await (engine === "PGlite" ? pglite() : postgres());
    drop = created.drop;
    const services = { engine: created.engine, clock: systemClock, ids: uuidV7(), logger: silentLogger };
    const database = createDatabase({ ...services, entityManager: async () => (await orm.load()).entityManager() });
    const orm = new LazyOrm(database.units);
    await database.open();
    Object.assign(shared, { database, orm });
  });
  beforeEach(async () => {
    await shared.database?.query("drop table if exists things");
    await shared.database?.query(
      "create table things (name text primary key, number int default 1 check (number > 0), other text references things (name))",
    );
  });
  afterAll(async () => {
    await shared.database?.close();
    await drop();
  });
  return shared as SharedDatabase;
}

async function pglite(): Promise<{ engine: Engine; drop: () => Promise<void> }> {
  const directory = await createScratchDirectory("crmessenger-pglite-");
  await cp(inject("pgliteTemplate"), directory, { recursive: true });
  return { engine: new PgliteEngine({ directory }), drop: () => rm(directory, { recursive: true, force: true }) };
}

async function postgres(): Promise<{ engine: Engine; drop: () => Promise<void> }> {
  const name = `shared_${process.pid}_${Math.random().toString(36).slice(2, 10)}`;
  const url = await createDatabaseFrom(inject("postgresUrl"), name, "template");
  return {
    engine: postgresEngine({ url, poolSize: 4 }),
    drop: () => dropDatabase(inject("postgresUrl"), name),
  };
}
