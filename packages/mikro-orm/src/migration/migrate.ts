import { CrmError } from "@crmessenger/kernel";
import type { SchemaStep } from "../background/migration.ts";
import type { Database } from "../database/database.ts";
import type { Engine } from "../database/session.ts";
import type { LazyOrm } from "../orm/lazy-orm.ts";

/** Which steps were applied. Every plugin that brings tables has one of its own. */
const TABLE = "crmessenger_migrations";

/** An arbitrary number: "crmmigra" in ASCII. */
const LOCK = "7165911318862326369";

export interface MigrationTarget {
  readonly orm: LazyOrm;
  readonly database: Database;
  readonly engine: Engine;
}

/**
 * Brings the database up to date. Of several processes that start together one does it. A database that is up to date
 * already, as at nearly every start, costs two short queries.
 */
export async function migrate({ orm, database, engine }: MigrationTarget, steps: readonly SchemaStep[]): Promise<void> {
  const applied = await appliedSteps(database);
  const known = new Set(steps.map(({ name }) => name));
  const foreign = applied.filter((name) => !known.has(name));
  if (foreign.length > 0) throw newer(foreign);
  if (applied.length === steps.length) return;
  const { runSteps } = await import("./run-steps.ts");
  const loaded = await orm.load();
  await alone(engine, () => runSteps(loaded, database, { steps, table: TABLE }));
}

async function appliedSteps(database: Database): Promise<readonly string[]> {
  const { rows } = await database.query<{ exists: boolean }>("select to_regclass($1) is not null as exists", [TABLE]);
  if (!rows[0]?.exists) return [];
  const applied = await database.query<{ name: string }>(`select name from ${TABLE}`);
  return applied.rows.map(({ name }) => name);
}

/** The embedded database has one process; a server may have many, and lets one in at a time. */
async function alone(engine: Engine, work: () => Promise<void>): Promise<void> {
  if (engine.kind === "pglite") return work();
  const session = await engine.acquire();
  try {
    await session.query({ sql: `select pg_advisory_lock(${LOCK})`, parameters: [] });
    await work();
    await session.query({ sql: `select pg_advisory_unlock(${LOCK})`, parameters: [] });
    session.release();
  } catch (error) {
    session.release(true); // which lets go of the lock, whatever the state of the connection
    throw error;
  }
}

function newer(steps: readonly string[]): CrmError {
  return new CrmError(
    "CRM_DATABASE_NEWER",
    `The database was used by a newer version of @crmessenger/mikro-orm, which applied ${steps.join(", ")}. Update the package, or use another database.`,
    {
      details: { steps },
    },
  );
}
