import { CrmError, isCrmError } from "@crmessenger/kernel";
import type { AttributeIndex, Clock } from "@crmessenger/kernel/infrastructure";
import type { Database, ReservedConnection } from "../database/database.ts";
import type { RecordDefinition } from "../entities/define-record.ts";
import { type IndexDefinition, literal } from "./index-definitions.ts";

/** An arbitrary number that nobody else uses: "crmfield" in ASCII. */
const LOCK = "7165910243788940388";
const RETRY_MS = 250;
const MAX_VALUES = 10;
/** No such extension, none of that kind supported, and not allowed. */
const UNAVAILABLE: ReadonlySet<string> = new Set(["58P01", "0A000", "42501"]);

export interface BuilderServices {
  readonly clock: Clock;
  readonly database: Database;
}

export interface Building {
  readonly table: RecordDefinition;
  readonly tenantId: string;
  readonly index: AttributeIndex;
}

/**
 * Makes and drops indexes, one at a time in the whole database. On a server writers go on meanwhile; the embedded
 * database has one connection, so nobody writes while it works.
 */
export class IndexBuilder {
  readonly #services: BuilderServices;

  constructor(services: BuilderServices) {
    this.#services = services;
  }

  make(building: Building, definitions: readonly IndexDefinition[]): Promise<void> {
    return this.#alone(async (connection) => {
      let made = 0;
      for (const definition of definitions)
        made += (await this.#makeIfPossible(connection, building, definition)) ? 1 : 0;
      // Without figures about what the expressions yield, the planner would rather not use them.
      if (made > 0) await connection.query(`analyze ${building.table.sql}`);
    });
  }

  drop(names: readonly string[]): Promise<void> {
    if (names.length === 0) return Promise.resolve();
    return this.#alone(async (connection) => {
      for (const name of names) await this.#dropOne(connection, name);
    });
  }

  async #makeIfPossible(
    connection: ReservedConnection,
    building: Building,
    definition: IndexDefinition,
  ): Promise<boolean> {
    const { extension } = definition;
    if (extension !== undefined && !(await this.#hasExtension(connection, extension))) return false;
    return this.#makeOne(connection, building, definition);
  }

  /** Makes the extension, where that is allowed. The embedded database comes without. */
  async #hasExtension(connection: ReservedConnection, name: string): Promise<boolean> {
    if (this.#services.database.engine !== "postgresql") return false;
    try {
      await connection.query(`create extension if not exists ${name}`);
      return true;
    } catch (error) {
      if (isCrmError(error) && UNAVAILABLE.has(String(error.details.sqlState))) return false;
      throw error;
    }
  }

  async #makeOne(connection: ReservedConnection, building: Building, definition: IndexDefinition): Promise<boolean> {
    const { name, unique, on } = definition;
    const { rows } = await connection.query<{ valid: boolean }>(
      "select i.indisvalid as valid from pg_index i where i.indexrelid = to_regclass($1)",
      [`"${name}"`],
    );
    if (rows[0]?.valid) return false;
    // What is left of an attempt that died or failed is kept up to date by every write, and serves nobody.
    if (rows[0]) await this.#dropOne(connection, name);
    try {
      await connection.query(`create ${unique ? "unique " : ""}index ${this.#concurrently}"${name}" ${on}`);
      return true;
    } catch (error) {
      await this.#dropOne(connection, name);
      throw isCrmError(error, "CRM_STORAGE_DUPLICATE") ? await duplicates(connection, building, definition) : error;
    }
  }

  async #dropOne(connection: ReservedConnection, name: string): Promise<void> {
    await connection.query(`drop index ${this.#concurrently}if exists "${name}"`);
  }

  get #concurrently(): string {
    return this.#services.database.engine === "postgresql" ? "concurrently " : "";
  }

  /**
   * Whoever waits for the lock asks again and again: a statement that waited would be a transaction, which building
   * without blocking writers waits for in turn.
   */
  async #alone(work: (connection: ReservedConnection) => Promise<void>): Promise<void> {
    const { clock, database } = this.#services;
    for (;;) {
      const connection = await database.reserve();
      try {
        const { rows } = await connection.query<{ taken: boolean }>(`select pg_try_advisory_lock(${LOCK}) as taken`);
        if (rows[0]?.taken) {
          await work(connection).finally(() => connection.query(`select pg_advisory_unlock(${LOCK})`));
          return connection.release();
        }
      } catch (error) {
        connection.discard();
        throw error;
      }
      connection.release();
      await clock.sleep(RETRY_MS);
    }
  }
}

async function duplicates(
  connection: ReservedConnection,
  { table, tenantId, index }: Building,
  { value }: IndexDefinition,
): Promise<CrmError> {
  const { rows } = await connection.query<{ value: unknown }>(
    `select ${value}::text as value from ${table.sql} where tenant_id = ${literal(tenantId)} and deleted_at is null and ${value} is not null group by ${value} having count(*) > 1 order by 1 limit ${MAX_VALUES}`,
  );
  const { entity, field, kind } = index;
  const values = rows.map((row) => (kind === "number" ? Number(row.value) : row.value));
  return new CrmError(
    "CRM_STORAGE_DUPLICATE",
    `Several of ${entity} have the same "${field}": make the values differ first, such as ${values.join(", ")}.`,
    { status: 409, details: { entity, field, values } },
  );
}
