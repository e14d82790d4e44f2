import { Migration, Migrator } from "@mikro-orm/migrations";
import { CrmError } from "@crmessenger/kernel";
import type { SchemaStep } from "../background/migration.ts";
import type { Database } from "../database/database.ts";
import type { Orm } from "../orm/orm.ts";
import { translateOrmError } from "../orm/translate-orm-error.ts";

/** Applies the steps that are missing, each in a transaction of its own. */
export async function runSteps(
  { mikroOrm }: Orm,
  database: Database,
  { steps, table }: { readonly steps: readonly SchemaStep[]; readonly table: string },
): Promise<void> {
  const { rows } = await database.query<{ name: string; schema: string }>(
    "select current_database() as name, current_schema() as schema",
  );
  const { name = "", schema = "public" } = rows[0] ?? {};
  mikroOrm.config.set("dbName", name); // it makes sure of the database's existence by this name
  mikroOrm.config.set("migrations", {
    ...mikroOrm.config.get("migrations"),
    tableName: `${schema}.${table}`,
    migrationsList: steps.map((step) => ({ name: step.name, class: migrationOf(step) })),
    transactional: true,
    allOrNothing: false,
    disableForeignKeys: false, // the role needs no superuser's rights
    snapshot: false,
    silent: true,
  });
  try {
    await new Migrator(mikroOrm.em).up();
  } catch (error) {
    const failure = translateOrmError(error);
    throw new CrmError("CRM_DATABASE_MIGRATION", `The database could not be brought up to date: ${failure.message}`, {
      details: failure.details,
      cause: failure,
    });
  }
}

function migrationOf(step: SchemaStep): new (...parameters: ConstructorParameters<typeof Migration>) => Migration {
  return class extends Migration {
    override up(): void {
      for (const statement of step.statements) this.addSql(statement);
    }
  };
}
