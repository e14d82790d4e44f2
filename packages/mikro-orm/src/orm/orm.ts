import { MikroORM } from "@mikro-orm/core";
import type { SqlEntityManager } from "@mikro-orm/sql";
import { kyselyDialect } from "../database/kysely-dialect.ts";
import type { Units } from "../database/unit-of-work.ts";
import { ChannelAccountEntity } from "../entities/channel-account-entity.ts";
import { ChannelIdentityEntity } from "../entities/channel-identity-entity.ts";
import { ContactEntity } from "../entities/contact-entity.ts";
import { ConversationEntity } from "../entities/conversation-entity.ts";
import { LeadEntity } from "../entities/lead-entity.ts";
import { MessageEntity } from "../entities/message-entity.ts";
import { RoleEntity } from "../entities/role-entity.ts";
import { TeamEntity } from "../entities/team-entity.ts";
import { UserEntity } from "../entities/user-entity.ts";
import { OrmDriver } from "./orm-driver.ts";

const entities = [ContactEntity, ChannelIdentityEntity, LeadEntity, ChannelAccountEntity, ConversationEntity, MessageEntity, UserEntity, TeamEntity, RoleEntity];

export type Orm = MikroORM<OrmDriver>;

/** MikroORM with the entities of the domain. It connects nowhere by itself: its statements go through `units`. */
export function createOrm(units: Units, schema?: string): Orm {
  return new MikroORM<OrmDriver>({
    driver: OrmDriver,
    driverOptions: kyselyDialect(units),
    dbName: "crmessenger",
    ...(schema === undefined ? {} : { schema }),
    entities,
    debug: false,
    ensureDatabase: false,
  });
}

/**
 * An entity manager for what is going on: inside a unit of work its changes belong to that, outside each flush is a
 * transaction of its own.
 */
export async function entityManager(orm: Orm, units: Units): Promise<SqlEntityManager> {
  const em = orm.em.fork({ clear: true });
  if (units.current()) em.setTransactionContext(await orm.em.getConnection().getClient().startTransaction().execute());
  return em;
}
