import { CrmError } from "@crmessenger/kernel";
import type { Collection, CollectionDefinition, Collections } from "@crmessenger/kernel/infrastructure";
import { DocumentCollection } from "./document-collection.ts";
import { IndexKeeper, type IndexKeeperServices } from "./index-keeper.ts";

export interface CollectionsHandle extends Collections {
  /** Makes the indexes of the collections that were opened so far. */
  start(): Promise<void>;
}

const NAME = /^[A-Za-z0-9][\w.-]{0,199}$/;

/** Documents in one table. */
export function createCollections(services: IndexKeeperServices): CollectionsHandle {
  const indexes = new IndexKeeper(services);
  return {
    open<T extends object>(definition: CollectionDefinition<T>): Collection<T> {
      if (!NAME.test(definition.name)) {
        throw new CrmError(
          "CRM_COLLECTION_DEFINITION",
          `"${definition.name}" can't name a collection: use letters, digits and the characters _ - .`,
          { details: { collection: definition.name } },
        );
      }
      indexes.add(definition as unknown as CollectionDefinition);
      return new DocumentCollection(definition, { database: services.database, ready: (name) => indexes.ready(name) });
    },
    start: () => indexes.start(),
  };
}
