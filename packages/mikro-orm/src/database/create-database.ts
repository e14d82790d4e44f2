import { requireUnitOfWork } from "@crmessenger/kernel";
import type { SqlEntityManager } from "@mikro-orm/sql";
import type { AnyKysely } from "./create-kysely.ts";
import type { Database, QueryResult, Row } from "./database.ts";
import type { OpenUnit } from "./open-unit.ts";
import { type UnitServices, Units } from "./unit-of-work.ts";

/** A database with its units of work. */
export interface DatabaseHandle extends Database {
  readonly units: Units;
  open(): Promise<void>;
  close(): Promise<void>;
}

export interface DatabaseServices extends UnitServices {
  /** Makes the entity manager of a unit of work, inside the unit. */
  readonly entityManager: () => Promise<SqlEntityManager>;
}

const ENTITY_MANAGER = {};

export function createDatabase(services: DatabaseServices): DatabaseHandle {
  const { engine } = services;
  const units = new Units(services);
  // Most applications never ask for it, and loading it costs more memory than all the rest of this package.
  let kysely: Promise<AnyKysely> | undefined;
  const required = (what: string): OpenUnit => {
    requireUnitOfWork(what);
    return units.current() as OpenUnit;
  };
  return {
    engine: engine.kind,
    units,
    query: (sql, parameters = [], options = {}) => query(units, { sql, parameters, ...options }),
    reserve: async () => {
      const session = await units.outside();
      return {
        query: (sql, parameters = []) => session.query({ sql, parameters }),
        release: () => session.release(),
        discard: () => session.release(true),
      };
    },
    kysely: () => (kysely ??= import("./create-kysely.ts").then(({ createKysely }) => createKysely(units))),
    entityManager: async () => required("An entity manager").own(ENTITY_MANAGER, () => services.entityManager()),
    beforeCommit: (key, flush) => required("Work before a commit").beforeCommit(key, flush),
    afterCommit: (effect) => required("Work after a commit").afterCommit(effect),
    listen: (channel, wake) => engine.listen(channel, wake),
    open: () => engine.open(),
    close: () => engine.close(),
  };
}

async function query<R extends Row>(
  units: Units,
  statement: Parameters<OpenUnit["query"]>[0],
): Promise<QueryResult<R>> {
  const unit = units.current();
  if (unit) return unit.query<R>(statement);
  const session = await units.outside();
  try {
    return await session.query<R>(statement);
  } finally {
    session.release();
  }
}
