import { Migration, Migrator } from "@mikro-orm/migrations";
import { CrmError } from "@crmessenger/kernel";
import type { SchemaStep } from "../background/migration.ts";
import type { DatabaseHandle } from "../database/create-database.ts";
import type { Engine } from "../database/session.ts";
import type { Orm } from "../orm/orm.ts";
import { translateOrmError } from "../orm/translate-orm-error.ts";

/** Which steps were applied. Every plugin that brings tables has one of its own. */
const TABLE = "crmessenger_migrations";

/** An arbitrary number: "crmmigra" in ASCII. */
const LOCK = "7165911318862326369";

export interface MigrationTarget {
  readonly orm: Orm;
  readonly database: DatabaseHandle;
  readonly engine: Engine;
}

/** Brings the database up to date, each step in a transaction. Of several processes that start together one does it. */
export async function migrate(target: MigrationTarget, steps: readonly SchemaStep[]): Promise<void> {
  const applied = await appliedSteps(target.database);
  const known = new Set(steps.map(({ name }) => name));
  const foreign = applied.filter((name) => !known.has(name));
  if (foreign.length > 0) throw newer(foreign);
  if (applied.length === steps.length) return;
  await alone(target.engine, () => up(target, steps));
}

async function appliedSteps(database: DatabaseHandle): Promise<readonly string[]> {
  const { rows } = await database.query<{ exists: boolean }>("select to_regclass($1) is not null as exists", [TABLE]);
  if (!rows[0]?.exists) return [];
  const applied = await database.query<{ name: string }>(`select name from ${TABLE}`);
  return applied.rows.map(({ name }) => name);
}

async function up({ orm, database }: MigrationTarget, steps: readonly SchemaStep[]): Promise<void> {
  const { rows } = await database.query<{ name: string; schema: string }>("select current_database() as name, current_schema() as schema");
  const { name = "", schema = "public" } = rows[0] ?? {};
  orm.config.set("dbName", name); // it makes sure of the database's existence by this name
  orm.config.set("migrations", {
    ...orm.config.get("migrations"),
    tableName: `${schema}.${TABLE}`,
    migrationsList: steps.map((step) => ({ name: step.name, class: migrationOf(step) })),
    transactional: true,
    allOrNothing: false,
    disableForeignKeys: false, // the role needs no superuser's rights
    snapshot: false,
    silent: true,
  });
  try {
    await new Migrator(orm.em).up();
  } catch (error) {
    const failure = translateOrmError(error);
    throw new CrmError("CRM_DATABASE_MIGRATION", `The database could not be brought up to date: ${failure.message}`, { details: failure.details, cause: failure });
  }
}

function migrationOf(step: SchemaStep): new (...parameters: ConstructorParameters<typeof Migration>) => Migration {
  return class extends Migration {
    override up(): void {
      for (const statement of step.statements) this.addSql(statement);
    }
  };
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
  return new CrmError("CRM_DATABASE_NEWER", `The database was used by a newer version of @crmessenger/mikro-orm, which applied ${steps.join(", ")}. Update the package, or use another database.`, {
    details: { steps },
  });
}
