import { CrmError, executionContext, isCrmError } from "@crmessenger/kernel";
import type {
  Collection,
  CollectionDefinition,
  Criteria,
  CriteriaSubject,
  Page,
  PageRequest,
  Stored,
} from "@crmessenger/kernel/infrastructure";
import { compileCriteria } from "../criteria/compile-criteria.ts";
import { SqlParameters } from "../criteria/sql-parameters.ts";
import type { Database, Row } from "../database/database.ts";
import { Keyset } from "../repository/keyset.ts";
import { type CollectionIndex, indexesOf } from "./collection-indexes.ts";
import { documentFields, literal, sortedDocuments } from "./document-table.ts";
import { takenBy } from "./taken-by.ts";

export interface CollectionServices {
  readonly database: Database;
  /** Resolves when the collection's indexes exist. */
  ready(name: string): Promise<void>;
}

type DocumentRow<T extends object> = Row & Stored<T>;

const LIMITS = { default: 50, most: 500 };

/** Documents of one kind, as rows. */
export class DocumentCollection<T extends object> implements Collection<T> {
  readonly #services: CollectionServices;
  readonly #definition: CollectionDefinition<T>;
  readonly #indexes: readonly CollectionIndex[];

  constructor(definition: CollectionDefinition<T>, services: CollectionServices) {
    this.#definition = definition;
    this.#services = services;
    this.#indexes = indexesOf(definition);
  }

  async get(key: string, { lock = false }: { readonly lock?: boolean } = {}): Promise<Stored<T> | undefined> {
    return (await this.#run(lock ? "lock" : "get", [key])).rows[0];
  }

  async getMany(keys: readonly string[]): Promise<readonly Stored<T>[]> {
    return keys.length === 0 ? [] : (await this.#run("getMany", [keys])).rows;
  }

  async find(criteria: Criteria, page: PageRequest = {}): Promise<Page<Stored<T>>> {
    await this.#services.ready(this.#definition.name);
    const limit = Math.min(Math.max(1, page.limit ?? LIMITS.default), LIMITS.most);
    const parameters = new SqlParameters();
    const keyset = new Keyset(page.sort ?? [], sortedDocuments, parameters);
    const conditions = [
      // As it is written in the indexes of the collection: with a parameter none of them would serve.
      `collection = ${literal(this.#definition.name)}`,
      `tenant_id = ${parameters.add(executionContext().tenantId, "text")}`,
      compileCriteria(criteria, documentFields, parameters),
      ...(page.after === undefined ? [] : [keyset.after(page.after, parameters)]),
    ];
    const sql = `select key, version, value from documents where ${conditions.join(" and ")} order by ${keyset.orderBy()} limit ${limit + 1}`;
    const { rows } = await this.#services.database.query<DocumentRow<T>>(sql, parameters.values);
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    if (rows.length <= limit || !last) return { items };
    return { items, next: keyset.cursorOf({ ...last.value, id: last.key } as unknown as CriteriaSubject) };
  }

  async insert(key: string, value: T): Promise<Stored<T>> {
    const checked = this.#check(value);
    // Not by way of an error, since that would be the end of the unit of work.
    const { rows } = await this.#run("insert", [key, JSON.stringify(checked)]);
    if (rows.length > 0) return { key, version: 1, value: checked };
    throw this.#duplicate(key, await takenBy(this.#services.database, this.#definition, key, checked));
  }

  async put(
    key: string,
    value: T,
    { expectedVersion }: { readonly expectedVersion?: number } = {},
  ): Promise<Stored<T>> {
    const checked = this.#check(value);
    const json = JSON.stringify(checked);
    const { rows } = await this.#write(() => {
      if (expectedVersion === undefined) return this.#run("put", [key, json]);
      return expectedVersion === 0
        ? this.#run("create", [key, json])
        : this.#run("replace", [key, json, expectedVersion]);
    });
    const version = rows[0]?.version;
    if (version !== undefined) return { key, version, value: checked };
    throw new CrmError(
      "CRM_STORAGE_VERSION_CONFLICT",
      `The document "${key}" of ${this.#definition.name} is not at version ${expectedVersion} any more. Read it again and repeat the change.`,
      {
        status: 409,
        details: { collection: this.#definition.name, key, expectedVersion },
      },
    );
  }

  async putMany(entries: readonly { readonly key: string; readonly value: T }[]): Promise<void> {
    if (entries.length === 0) return;
    const last = new Map(entries.map(({ key, value }) => [key, this.#check(value)]));
    // In the order of the keys, so that two that write the same ones wait for each other and never in a circle.
    const rows = [...last].map(([key, value]) => ({ key, value })).toSorted((a, b) => (a.key < b.key ? -1 : 1));
    await this.#write(() => this.#run("putMany", [JSON.stringify(rows)]));
  }

  async delete(key: string): Promise<boolean> {
    return (await this.#run("delete", [key])).rows.length > 0;
  }

  async #run(
    statement: keyof typeof STATEMENTS,
    parameters: readonly unknown[],
  ): Promise<{ readonly rows: readonly DocumentRow<T>[] }> {
    const { database, ready } = this.#services;
    const { name } = this.#definition;
    await ready(name);
    return database.query<DocumentRow<T>>(STATEMENTS[statement], [name, executionContext().tenantId, ...parameters], {
      name: `documents_${statement}`,
    });
  }

  async #write<R>(work: () => Promise<R>): Promise<R> {
    try {
      return await work();
    } catch (error) {
      if (!isCrmError(error, "CRM_STORAGE_DUPLICATE")) throw error;
      const index = this.#indexes.find(({ name }) => name === error.details["constraint"]);
      throw index?.constraint === undefined ? error : this.#duplicate(undefined, index.constraint);
    }
  }

  #check(value: T): T {
    const parsed = this.#definition.schema.safeParse(value);
    if (parsed.success) return parsed.data;
    const issues = parsed.error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
    throw new CrmError(
      "CRM_COLLECTION_INVALID",
      `A document for ${this.#definition.name} does not fit its schema: ${issues[0]?.path} ${issues[0]?.message}`,
      {
        status: 422,
        details: { collection: this.#definition.name, issues },
      },
    );
  }

  #duplicate(key: string | undefined, constraint: string): CrmError {
    const { name: collection } = this.#definition;
    const what = constraint === "key" ? `the key "${key}"` : `the same "${constraint}"`;
    return new CrmError("CRM_STORAGE_DUPLICATE", `There is a document with ${what} in ${collection} already.`, {
      status: 409,
      details: { collection, constraint },
    });
  }
}

const DOCUMENT = "collection = $1 and tenant_id = $2 and key = $3";
const INSERT = "insert into documents as d (collection, tenant_id, key, version, value)";
const REPLACING =
  "on conflict (collection, tenant_id, key) do update set value = excluded.value, version = d.version + 1, updated_at = now()";

const STATEMENTS = {
  get: `select key, version, value from documents where ${DOCUMENT}`,
  lock: `select key, version, value from documents where ${DOCUMENT} for no key update`,
  getMany: `select key, version, value from documents where collection = $1 and tenant_id = $2 and key = any($3::text[])`,
  insert: `${INSERT} values ($1, $2, $3, 1, $4::jsonb) on conflict do nothing returning version`,
  create: `${INSERT} values ($1, $2, $3, 1, $4::jsonb) on conflict (collection, tenant_id, key) do nothing returning version`,
  put: `${INSERT} values ($1, $2, $3, 1, $4::jsonb) ${REPLACING} returning version`,
  replace: `update documents set value = $4::jsonb, version = version + 1, updated_at = now() where ${DOCUMENT} and version = $5::int returning version`,
  putMany: `${INSERT} select $1, $2, r.key, 1, r.value from json_to_recordset($3::text::json) as r(key text, value jsonb) ${REPLACING}`,
  delete: `delete from documents where ${DOCUMENT} returning version`,
} as const;
