import { type EntitySchema, MikroORM } from "@mikro-orm/core";
import { PostgreSqlDriver } from "@mikro-orm/postgresql";
import type { SqlEntityManager } from "@mikro-orm/sql";
import { kyselyDialect } from "../database/kysely-dialect.ts";
import type { Units } from "../database/unit-of-work.ts";
import { allRecords } from "../entities/all-records.ts";
import type { RecordDefinition } from "../entities/define-record.ts";
import { entityOf } from "./entity-of.ts";

/**
 * MikroORM with the entities of the domain. It connects nowhere by itself: the dialect in `driverOptions` takes its
 * statements through `units`, on whichever engine, since both speak PostgreSQL.
 */
export class Orm {
  readonly mikroOrm: MikroORM<PostgreSqlDriver>;
  readonly #units: Units;
  readonly #entities = new Map(allRecords.map((definition) => [definition, entityOf(definition)]));

  constructor(units: Units, schema?: string) {
    this.#units = units;
    this.mikroOrm = new MikroORM<PostgreSqlDriver>({
      driver: PostgreSqlDriver,
      driverOptions: kyselyDialect(units),
      dbName: "crmessenger",
      ...(schema === undefined ? {} : { schema }),
      entities: [...this.#entities.values()],
      debug: false,
      ensureDatabase: false,
    });
  }

  entity(definition: RecordDefinition): EntitySchema {
    return this.#entities.get(definition) as EntitySchema;
  }

  /**
   * An entity manager for what is going on: inside a unit of work its changes belong to that, outside each statement
   * is a transaction of its own.
   */
  async entityManager(): Promise<SqlEntityManager> {
    const em = this.mikroOrm.em.fork({ clear: true });
    if (this.#units.current())
      em.setTransactionContext(await em.getConnection().getClient().startTransaction().execute());
    return em;
  }
}
