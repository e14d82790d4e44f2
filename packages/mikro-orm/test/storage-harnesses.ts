import { cp, rm } from "node:fs/promises";
import type { StorageHarness } from "@crmessenger/testing";
import { createScratchDirectory } from "@crmessenger/testing/postgres";
import { inject } from "vitest";
import { mikroOrm } from "../src/plugin.ts";
import { createDatabaseFrom, dropDatabase } from "./postgres-databases.ts";

const environment = { CRMESSENGER_SECRET_KEY: Buffer.alloc(32, 1).toString("base64") };

let databases = 0;

/** The embedded database, on disk. */
export const pgliteHarness: StorageHarness = {
  name: "PGlite",
  processes: "successive",
  async create() {
    const dataDirectory = await createScratchDirectory("crmessenger-pglite-");
    await cp(inject("pgliteTemplate"), dataDirectory, { recursive: true });
    return {
      plugins: () => [mikroOrm({ dataDirectory })],
      environment,
      drop: () => rm(dataDirectory, { recursive: true, force: true }),
    };
  },
};

/** A server of the oldest version that is supported. */
export const postgresHarness: StorageHarness = {
  name: "PostgreSQL 15",
  processes: "concurrent",
  async create() {
    const name = `test_${process.pid}_${(databases += 1)}_${Math.random().toString(36).slice(2, 8)}`;
    const databaseUrl = await createDatabaseFrom(inject("postgresUrl"), name, "template");
    return {
      plugins: () => [mikroOrm({ databaseUrl })],
      environment,
      drop: () => dropDatabase(inject("postgresUrl"), name),
    };
  },
};
