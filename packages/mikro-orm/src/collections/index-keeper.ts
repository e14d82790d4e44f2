import { AsyncLocalStorage } from "node:async_hooks";
import { CrmError, executionContext, isCrmError } from "@crmessenger/kernel";
import type { CollectionDefinition, UnitOfWork } from "@crmessenger/kernel/infrastructure";
import type { Database } from "../database/database.ts";
import { type CollectionIndex, indexPrefix, indexesOf } from "./collection-indexes.ts";

export interface IndexKeeperServices {
  readonly database: Database;
  readonly unitOfWork: UnitOfWork;
}

/** A definition without the type of its documents. */
export type AnyDefinition = Pick<CollectionDefinition, "name" | "unique" | "indexes">;

interface Entry {
  readonly definition: AnyDefinition;
  readonly indexes: readonly CollectionIndex[];
  isReady: boolean;
  ready?: Promise<void>;
}

/** An arbitrary number that nobody else uses: "crmindex" in ASCII. */
const LOCK = "7165910256690947448";

/** Makes sure that the indexes of a collection exist before its documents are touched. */
export class IndexKeeper {
  readonly #services: IndexKeeperServices;
  readonly #entries = new Map<string, Entry>();
  /** A late collection's indexes belong to nobody's unit of work. */
  readonly #detached = AsyncLocalStorage.snapshot();
  #started = false;

  constructor(services: IndexKeeperServices) {
    this.#services = services;
  }

  add(definition: AnyDefinition): void {
    const known = this.#entries.get(definition.name);
    const indexes = indexesOf(definition);
    if (known) {
      if (known.indexes.map(({ sql }) => sql).join() === indexes.map(({ sql }) => sql).join()) return;
      throw new CrmError(
        "CRM_COLLECTION_DEFINITION",
        `The collection "${definition.name}" was opened with two different definitions. Define it once, and open that.`,
        { details: { collection: definition.name } },
      );
    }
    const entry: Entry = { definition, indexes, isReady: indexes.length === 0 };
    this.#entries.set(definition.name, entry);
    if (this.#started && !entry.isReady) {
      entry.ready = this.#detached(() => this.#create([entry]));
      entry.ready.catch(() => {}); // who uses the collection will hear of it
    }
  }

  /** For the collections that were opened so far. Indexes that they no longer ask for are dropped. */
  async start(): Promise<void> {
    this.#started = true;
    await this.#create([...this.#entries.values()]);
  }

  /** Resolves when the collection can be used. */
  async ready(name: string): Promise<void> {
    const entry = this.#entries.get(name) as Entry;
    if (entry.isReady) return;
    if (executionContext().unitOfWork) {
      // The embedded database does nothing else while a unit is open, so the unit has to do it itself.
      await this.#createMissing([entry]);
      this.#services.database.afterCommit(() => {
        entry.isReady = true;
      });
      return;
    }
    entry.ready ??= this.#create([entry]);
    try {
      await entry.ready;
    } catch (error) {
      delete entry.ready;
      throw error;
    }
  }

  async #create(entries: readonly Entry[]): Promise<void> {
    const existing = await this.#existing(entries);
    const wanted = new Set(entries.flatMap(({ indexes }) => indexes.map(({ name }) => name)));
    const complete = wanted.size === existing.size && [...existing].every((name) => wanted.has(name));
    if (!complete) await this.#services.unitOfWork.run(() => this.#createMissing(entries, wanted));
    for (const entry of entries) entry.isReady = true;
  }

  /** One at a time in the whole database, and with another look once it is our turn. */
  async #createMissing(entries: readonly Entry[], keep?: ReadonlySet<string>): Promise<void> {
    const { database } = this.#services;
    await database.query(`select pg_advisory_xact_lock(${LOCK})`);
    const existing = await this.#existing(entries);
    for (const { definition, indexes } of entries) {
      for (const index of indexes) if (!existing.has(index.name)) await this.#createOne(definition, index);
    }
    if (!keep) return;
    for (const name of existing) if (!keep.has(name)) await database.query(`drop index ${name}`);
  }

  async #createOne({ name }: AnyDefinition, { sql, constraint }: CollectionIndex): Promise<void> {
    try {
      await this.#services.database.query(sql);
    } catch (error) {
      if (!isCrmError(error, "CRM_STORAGE_DUPLICATE")) throw error;
      throw new CrmError(
        "CRM_COLLECTION_DUPLICATES",
        `The collection "${name}" holds documents that share what "${constraint}" now declares unique. Remove the duplicates first.`,
        {
          details: { collection: name, constraint },
          cause: error,
        },
      );
    }
  }

  async #existing(entries: readonly Entry[]): Promise<ReadonlySet<string>> {
    const { rows } = await this.#services.database.query<{ indexname: string }>(
      `select i.indexname from pg_indexes i where i.schemaname = current_schema() and i.tablename = 'documents'
        and exists (select from unnest($1::text[]) as p(prefix) where starts_with(i.indexname, p.prefix))`,
      [entries.map(({ definition }) => indexPrefix(definition.name))],
    );
    return new Set(rows.map(({ indexname }) => indexname));
  }
}
