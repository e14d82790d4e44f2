import { rm } from "node:fs/promises";
import { createKernel } from "@crmessenger/kernel";
import { silentLogger } from "@crmessenger/kernel/infrastructure";
import { createScratchDirectory, startPostgres } from "@crmessenger/testing/postgres";
import type { TestProject } from "vitest/node";
import { mikroOrm } from "../src/plugin.ts";
import { createDatabaseFrom } from "./postgres-databases.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Of a server whose database `template` has every table and no row. */
    readonly postgresUrl: string;
    /** A data directory of the embedded database, likewise. */
    readonly pgliteTemplate: string;
  }
}

const environment = { CRMESSENGER_SECRET_KEY: Buffer.alloc(32, 1).toString("base64") };

/** One server and one migrated template of each engine for the whole run; tests work on copies. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const postgres = await startPostgres();
  const pgliteTemplate = await createScratchDirectory("crmessenger-pglite-");
  const stop = async () => {
    await postgres.stop();
    await rm(pgliteTemplate, { recursive: true, force: true });
  };
  try {
    const template = await createDatabaseFrom(postgres.url, "template");
    for (const storage of [mikroOrm({ databaseUrl: template }), mikroOrm({ dataDirectory: pgliteTemplate })]) {
      const kernel = await createKernel({ plugins: [storage], environment, logger: silentLogger });
      await kernel.stop();
    }
  } catch (error) {
    await stop();
    throw error;
  }
  project.provide("postgresUrl", postgres.url);
  project.provide("pgliteTemplate", pgliteTemplate);
  return stop;
}
