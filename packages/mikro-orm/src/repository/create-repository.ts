import { executionContext } from "@crmessenger/kernel";
import {
  type Clock,
  type Criteria,
  type CriteriaSubject,
  type EntityRecord,
  type GetOptions,
  type NewRecord,
  type Page,
  type PageRequest,
  type Repository,
} from "@crmessenger/kernel/infrastructure";
import { compileCriteria } from "../criteria/compile-criteria.ts";
import { isUuid } from "../criteria/operand.ts";
import { SqlParameters } from "../criteria/sql-parameters.ts";
import type { DatabaseHandle } from "../database/create-database.ts";
import type { RecordDefinition } from "../entities/define-record.ts";
import type { LazyOrm } from "../orm/lazy-orm.ts";
import { Keyset, type ListPart } from "./keyset.ts";
import { RecordWriter } from "./record-writer.ts";
import type { RecordTable } from "./record-columns.ts";

export interface RepositoryServices {
  readonly database: DatabaseHandle;
  readonly orm: LazyOrm;
  readonly clock: Clock;
}

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 500;

/** The records of one entity. Reading is plain SQL; changes go through the entity manager. */
export function createRepository<R extends EntityRecord>(
  services: RepositoryServices,
  table: RecordDefinition,
): Repository<R> {
  const writer = new RecordWriter<R>(services, table);
  return {
    get: (id, options) => get<R>(services, table, id, options),
    getMany: (ids) => getMany<R>(services, table, ids),
    find: (criteria, page) => find<R>(services, table, criteria, page),
    count: (criteria) => count(services, table, criteria),
    insert: (record: NewRecord<R>) => writer.insert(record),
    update: (record) => writer.update(record),
    remove: (record) => writer.remove(record),
  };
}

async function get<R extends EntityRecord>(
  { database }: RepositoryServices,
  table: RecordTable,
  id: string,
  { lock = false }: GetOptions = {},
): Promise<R | undefined> {
  if (!isUuid(id)) return undefined;
  const name = `${table.name}.get${lock ? ".lock" : ""}`;
  const sql = `select ${table.selection} from ${table.sql} where id = $1 and tenant_id = $2${lock ? " for no key update" : ""}`;
  const { rows } = await database.query<R & Record<string, unknown>>(sql, [id, executionContext().tenantId], { name });
  return rows[0];
}

async function getMany<R extends EntityRecord>(
  { database }: RepositoryServices,
  table: RecordTable,
  ids: readonly string[],
): Promise<readonly R[]> {
  const known = ids.filter(isUuid);
  if (known.length === 0) return [];
  const sql = `select ${table.selection} from ${table.sql} where id = any($1::uuid[]) and tenant_id = $2 and deleted_at is null`;
  const { rows } = await database.query<R & Record<string, unknown>>(sql, [known, executionContext().tenantId], {
    name: `${table.name}.getMany`,
  });
  return rows;
}

async function find<R extends EntityRecord>(
  { database }: RepositoryServices,
  table: RecordTable,
  criteria: Criteria,
  page: PageRequest = {},
): Promise<Page<R>> {
  const limit = Math.min(Math.max(page.limit ?? DEFAULT_LIMIT, 1), MAX_LIMIT);
  const keyset = new Keyset(page.sort ?? [], table, new SqlParameters());
  const rows: (R & Record<string, unknown>)[] = [];
  for (const part of keyset.parts(page.after)) {
    const missing = limit + 1 - rows.length;
    if (missing === 0) break;
    const [sql, values] = partOfList(criteria, table, { ...page, limit: missing }, part);
    rows.push(...(await database.query<R & Record<string, unknown>>(sql, values)).rows);
  }
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return rows.length > limit && last ? { items, next: keyset.cursorOf(last as unknown as CriteriaSubject) } : { items };
}

/** The statement for one part of a list, with its parameters. */
function partOfList(
  criteria: Criteria,
  table: RecordTable,
  { sort = [], after, limit = DEFAULT_LIMIT }: PageRequest,
  part: ListPart,
): readonly [string, readonly unknown[]] {
  const parameters = new SqlParameters();
  const keyset = new Keyset(sort, table, parameters, part);
  const condition = live(criteria, table, parameters);
  const rest = after === undefined ? "true" : keyset.after(after, parameters);
  const sql = `select ${table.selection} from ${table.sql} where ${condition} and ${keyset.inPart()} and ${rest} order by ${keyset.orderBy()} limit ${limit}`;
  return [sql, parameters.values];
}

async function count({ database }: RepositoryServices, table: RecordTable, criteria: Criteria): Promise<number> {
  const parameters = new SqlParameters();
  const { rows } = await database.query<{ count: number }>(
    `select count(*) as count from ${table.sql} where ${live(criteria, table, parameters)}`,
    parameters.values,
  );
  return rows[0]?.count ?? 0;
}

function live(criteria: Criteria, table: RecordTable, parameters: SqlParameters): string {
  const tenant = parameters.add(executionContext().tenantId, "text");
  return `tenant_id = ${tenant} and deleted_at is null and ${compileCriteria(criteria, table, parameters)}`;
}
