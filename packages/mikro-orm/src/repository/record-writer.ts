import { CrmError, executionContext } from "@crmessenger/kernel";
import type { EntityRecord, NewRecord } from "@crmessenger/kernel/infrastructure";
import type { EntitySchema } from "@mikro-orm/core";
import type { SqlEntityManager } from "@mikro-orm/sql";
import { isUuid } from "../criteria/operand.ts";
import type { RecordDefinition } from "../entities/define-record.ts";
import { translateOrmError } from "../orm/translate-orm-error.ts";
import type { RepositoryServices } from "./create-repository.ts";

/** Stores records of one entity. Every change checks the version and that exactly one row was changed. */
export class RecordWriter<R extends EntityRecord> {
  readonly #services: RepositoryServices;
  readonly #table: RecordDefinition;

  constructor(services: RepositoryServices, table: RecordDefinition) {
    this.#services = services;
    this.#table = table;
  }

  async insert(record: NewRecord<R>): Promise<R> {
    const now = this.#now();
    const stored = {
      ...record,
      tenantId: executionContext().tenantId,
      version: 1,
      createdAt: now,
      updatedAt: now,
      deletedAt: null,
    } as unknown as R;
    const unit = this.#services.database.units.current();
    await this.#write(async (em, entity) => {
      const insert = () => em.createQueryBuilder(entity).insert(stored);
      // A violation would end the unit of work. So a taken key is found without one, and then provoked behind a
      // savepoint for its name; the unit goes on if its owner can live with the refusal.
      if (!unit) return insert().execute("run");
      const { affectedRows } = await insert().onConflict().ignore().execute("run");
      if (affectedRows === 0) await em.transactional(() => insert().execute("run"));
    });
    return structuredClone(stored);
  }

  async update(record: R): Promise<R> {
    if (!isUuid(record.id)) throw versionConflict(this.#table, record);
    const { tenantId: _tenant, createdAt: _created, deletedAt: _deleted, ...fields } = record;
    const changes = { ...fields, version: record.version + 1, updatedAt: this.#now() };
    const rows = await this.#write((em, entity) =>
      em
        .createQueryBuilder(entity)
        .update(changes)
        .where(this.#condition(record))
        .returning(["createdAt"])
        .execute("all"),
    );
    const [row] = rows as unknown as readonly { createdAt: string }[];
    if (!row) throw versionConflict(this.#table, record);
    return structuredClone({
      ...record,
      ...changes,
      tenantId: executionContext().tenantId,
      createdAt: row.createdAt,
      deletedAt: null,
    } as R);
  }

  async remove(record: R): Promise<void> {
    if (!isUuid(record.id)) throw versionConflict(this.#table, record);
    const now = this.#now();
    const removed = await this.#write((em, entity) =>
      em.nativeUpdate(entity, this.#condition(record), { version: record.version + 1, updatedAt: now, deletedAt: now }),
    );
    if (removed === 0) throw versionConflict(this.#table, record);
  }

  #condition({ id, version }: R): Record<string, unknown> {
    return { id, version, tenantId: executionContext().tenantId, deletedAt: null };
  }

  async #write<T>(change: (em: SqlEntityManager, entity: EntitySchema) => Promise<T>): Promise<T> {
    const { database } = this.#services;
    const orm = await this.#services.orm.load();
    const em = database.units.current() ? await database.entityManager() : await orm.entityManager();
    try {
      return await change(em, orm.entity(this.#table));
    } catch (error) {
      throw translateOrmError(error);
    }
  }

  #now(): string {
    return new Date(this.#services.clock.now()).toISOString();
  }
}

/** Somebody else was faster, or the record is not there. */
function versionConflict(table: RecordDefinition, record: EntityRecord): CrmError {
  return new CrmError(
    "CRM_STORAGE_VERSION_CONFLICT",
    `${table.name} ${record.id} is no longer at version ${record.version}. Read it again and redo the change.`,
    {
      status: 409,
      details: { entity: table.name, id: record.id, version: record.version },
    },
  );
}
