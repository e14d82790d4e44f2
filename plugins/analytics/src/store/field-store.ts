import { isCrmError, runInContext } from "@crmessenger/kernel";
import type { AttachedField, CustomFieldManager } from "@crmessenger/kernel/extensibility";
import type { SqlDatabase, UnitOfWork } from "@crmessenger/kernel/infrastructure";

/** A reportable custom field of one tenant. */
export interface ReportableField extends Pick<AttachedField, "entity" | "name" | "label" | "type"> {
  /** Needed to see it; null: none. */
  readonly permission: string | null;
}

const SELECTION = `select entity, name, label, type, permission from analytics_fields`;

/** Remembers which custom fields are reportable, for every tenant that has some. */
export class FieldStore {
  readonly #sql: SqlDatabase;
  readonly #unitOfWork: UnitOfWork;
  readonly #manager: CustomFieldManager | undefined;

  constructor(services: {
    readonly sql: SqlDatabase;
    readonly unitOfWork: UnitOfWork;
    readonly customFields?: CustomFieldManager;
  }) {
    this.#sql = services.sql;
    this.#unitOfWork = services.unitOfWork;
    this.#manager = services.customFields;
  }

  /** Those of these entities in the tenant of the execution context, as they are defined now. */
  async ofTenant(entities: Iterable<string>): Promise<readonly ReportableField[]> {
    const manager = this.#manager;
    if (!manager) return [];
    const found: ReportableField[] = [];
    for (const entity of entities) found.push(...reportable(await fieldsOf(manager, entity)));
    return found;
  }

  /** Of every tenant. */
  ofAll(): Promise<readonly ReportableField[]> {
    return this.#query(`${SELECTION} order by entity, name, tenant_id`, []);
  }

  /** Looks the definitions up, for a tenant. */
  async refresh(tenantId: string, entities: Iterable<string>): Promise<void> {
    const manager = this.#manager;
    if (!manager) return;
    await runInContext({ tenantId }, () =>
      this.#unitOfWork.run(async () => {
        for (const entity of entities) await this.#replace(tenantId, entity, await fieldsOf(manager, entity));
      }),
    );
  }

  /** Tenants that have had reportable fields. */
  async tenants(): Promise<readonly string[]> {
    const rows = await this.#sql.query<{ tenant: string }>(
      `select distinct tenant_id as tenant from analytics_fields order by 1`,
    );
    return rows.map(({ tenant }) => tenant);
  }

  async #replace(tenantId: string, entity: string, fields: readonly AttachedField[]): Promise<void> {
    const kept = reportable(fields);
    await this.#sql.query(
      `delete from analytics_fields where tenant_id = $1 and entity = $2 and name <> all($3::text[])`,
      [tenantId, entity, kept.map(({ name }) => name)],
    );
    await this.#sql.query(
      `insert into analytics_fields (tenant_id, entity, name, label, type, permission)
       select $1, $2, name, label, type, permission
       from json_to_recordset($3::text::json) as f(name text, label text, type jsonb, permission text)
       on conflict (tenant_id, entity, name) do update
         set label = excluded.label, type = excluded.type, permission = excluded.permission`,
      [tenantId, entity, JSON.stringify(kept)],
    );
  }

  #query(sql: string, parameters: readonly unknown[]): Promise<readonly ReportableField[]> {
    return this.#sql.query<ReportableField & Record<string, unknown>>(sql, parameters);
  }
}

function reportable(fields: readonly AttachedField[]): readonly ReportableField[] {
  return fields
    .filter((field) => field.reportable && !field.archived)
    .map(({ entity, name, label, type, permissions }) => ({ entity, name, label, type, permission: permissions.read }));
}

/** An entity whose owner is not in this application has none. */
async function fieldsOf(manager: CustomFieldManager, entity: string): Promise<readonly AttachedField[]> {
  try {
    return await manager.fields(entity);
  } catch (error) {
    if (isCrmError(error, "CRM_FIELD_ENTITY")) return [];
    throw error;
  }
}
