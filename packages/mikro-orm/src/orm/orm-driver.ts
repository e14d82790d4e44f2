import { type Configuration, EntityManagerType } from "@mikro-orm/core";
import {
  AbstractSqlConnection,
  AbstractSqlDriver,
  BasePostgreSqlEntityManager,
  BasePostgreSqlPlatform,
} from "@mikro-orm/sql";

/**
 * MikroORM over our own connections. Both engines speak PostgreSQL's protocol through one door, so one driver serves
 * both; the door is the Kysely dialect in `driverOptions`.
 */
export class OrmDriver extends AbstractSqlDriver<OrmConnection> {
  override [EntityManagerType]!: BasePostgreSqlEntityManager<this>;

  constructor(config: Configuration) {
    super(config, new BasePostgreSqlPlatform(), OrmConnection, ["kysely"]);
  }

  override createEntityManager(useContext?: boolean): this[typeof EntityManagerType] {
    return new BasePostgreSqlEntityManager(
      this.config,
      this,
      this.metadata,
      useContext,
    ) as this[typeof EntityManagerType];
  }
}

class OrmConnection extends AbstractSqlConnection {
  override createKyselyDialect(): never {
    throw new TypeError("The dialect belongs into `driverOptions`.");
  }
}
