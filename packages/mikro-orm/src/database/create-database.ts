import { requireUnitOfWork } from "@crmessenger/kernel";
import type { SqlEntityManager } from "@mikro-orm/sql";
import { Kysely } from "kysely";
import type { Database, QueryResult, Row } from "./database.ts";
import { kyselyDialect } from "./kysely-dialect.ts";
import type { OpenUnit } from "./open-unit.ts";
import type { Engine } from "./session.ts";
import { type UnitServices, Units } from "./unit-of-work.ts";

/** A database with its units of work. */
export interface DatabaseHandle extends Database {
  readonly units: Units;
  open(): Promise<void>;
  close(): Promise<void>;
}

export interface DatabaseServices extends UnitServices {
  /** Makes the entity manager of a unit of work, inside the unit. */
  readonly entityManager: (kysely: Kysely<Record<string, Record<string, unknown>>>) => Promise<SqlEntityManager>;
}

const ENTITY_MANAGER = {};

export function createDatabase(services: DatabaseServices): DatabaseHandle {
  const { engine } = services;
  const units = new Units(services);
  const kysely = new Kysely<Record<string, Record<string, unknown>>>({ dialect: kyselyDialect(units) });
  const required = (what: string): OpenUnit => {
    requireUnitOfWork(what);
    return units.current() as OpenUnit;
  };
  return {
    engine: engine.kind,
    units,
    query: (sql, parameters = [], options = {}) => query(units, { sql, parameters, ...options }),
    kysely: () => Promise.resolve(kysely),
    entityManager: async () => required("An entity manager").own(ENTITY_MANAGER, () => services.entityManager(kysely)),
    beforeCommit: (key, flush) => required("Work before a commit").beforeCommit(key, flush),
    afterCommit: (effect) => required("Work after a commit").afterCommit(effect),
    listen: (channel, wake) => engine.listen(channel, wake),
    open: () => engine.open(),
    close: () => engine.close(),
  };
}

async function query<R extends Row>(units: Units, statement: Parameters<OpenUnit["query"]>[0]): Promise<QueryResult<R>> {
  const unit = units.current();
  if (unit) return unit.query<R>(statement);
  const session = await units.outside();
  try {
    return await session.query<R>(statement);
  } finally {
    session.release();
  }
}

export type { Engine };
