import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult as KyselyResult,
} from "kysely";
import { CrmError } from "@crmessenger/kernel";
import type { OpenUnit } from "./open-unit.ts";
import type { Session, Statement } from "./session.ts";
import type { Units } from "./unit-of-work.ts";

/**
 * Lets Kysely, and MikroORM which is built on it, go through our own connections: those of the current unit of work
 * where there is one. A transaction begun in there is that unit's; its end is the unit's end.
 */
export function kyselyDialect(units: Units): Dialect {
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new UnitDriver(units),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
}

interface Connection extends DatabaseConnection {
  run(statement: Statement): Promise<unknown>;
  readonly unit?: OpenUnit;
  readonly session?: Session;
}

class UnitDriver implements Driver {
  readonly #units: Units;

  constructor(units: Units) {
    this.#units = units;
  }

  async init(): Promise<void> {}

  async destroy(): Promise<void> {}

  async acquireConnection(): Promise<Connection> {
    const unit = this.#units.current();
    if (unit) return connection((statement) => unit.query(statement), { unit });
    const session = await this.#units.outside();
    return connection((statement) => session.query(statement), { session });
  }

  async releaseConnection(held: DatabaseConnection): Promise<void> {
    (held as Connection).session?.release();
  }

  async beginTransaction(held: DatabaseConnection): Promise<void> {
    const { unit, run } = held as Connection;
    if (!unit) await run({ sql: "begin", parameters: [] });
  }

  async commitTransaction(held: DatabaseConnection): Promise<void> {
    const { unit, run } = held as Connection;
    if (!unit) await run({ sql: "commit", parameters: [] });
  }

  async rollbackTransaction(held: DatabaseConnection): Promise<void> {
    const { unit, run } = held as Connection;
    if (!unit) await run({ sql: "rollback", parameters: [] });
    else
      unit.doom(
        new CrmError(
          "CRM_UOW_ROLLED_BACK",
          "A transaction inside this unit of work was rolled back, and with it the unit.",
        ),
      );
  }

  async savepoint(held: DatabaseConnection, name: string): Promise<void> {
    await (held as Connection).run({ sql: `savepoint ${quoted(name)}`, parameters: [] });
  }

  async releaseSavepoint(held: DatabaseConnection, name: string): Promise<void> {
    await (held as Connection).run({ sql: `release savepoint ${quoted(name)}`, parameters: [] });
  }

  async rollbackToSavepoint(held: DatabaseConnection, name: string): Promise<void> {
    const { unit, run } = held as Connection;
    const statement: Statement = { sql: `rollback to savepoint ${quoted(name)}`, parameters: [] };
    if (unit) await unit.recover(statement);
    else await run(statement);
  }
}

function connection(
  run: (statement: Statement) => Promise<{ rows: readonly unknown[]; rowCount: number; command: string }>,
  held: Pick<Connection, "unit" | "session">,
): Connection {
  return {
    ...held,
    run,
    async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<KyselyResult<R>> {
      const { rows, rowCount, command } = await run({ sql, parameters });
      return { rows: rows as R[], ...(command === "SELECT" ? {} : { numAffectedRows: BigInt(rowCount) }) };
    },
    // oxlint-disable-next-line require-yield -- the interface wants a generator; results here always arrive whole
    async *streamQuery(): AsyncGenerator<never> {
      throw new CrmError("CRM_STORAGE_FAILED", "Streaming is not available: read in pages.");
    },
  };
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
