import { type CollectionDefinition, type JsonObject, fieldOf } from "@crmessenger/kernel/infrastructure";
import { type Index, Table, keyOf } from "../state/table.ts";

export interface DocumentRow {
  readonly tenantId: string;
  readonly key: string;
  readonly version: number;
  readonly value: JsonObject;
}

export type DocumentTable = Table<DocumentRow>;

/** Named so that no constraint of a definition has the same name. */
export const ALL_OF_TENANT = "(tenant)";

export function createDocumentTable(definition: CollectionDefinition): DocumentTable {
  return new Table<DocumentRow>(definition.name, [
    { name: ALL_OF_TENANT, unique: false, keys: ({ tenantId }) => [tenantId] },
    ...Object.entries(definition.unique).map(([name, fields]) => uniqueIndex(name, fields)),
  ]);
}

/** Values are told apart by kind: the number 1 and the text "1" are two values. */
function uniqueIndex(name: string, fields: readonly string[]): Index<DocumentRow> {
  return {
    name,
    unique: true,
    keys: ({ tenantId, value }) => {
      const parts = fields.map((field) => fieldOf(value, field));
      return parts.includes(null) ? [] : [keyOf(tenantId, JSON.stringify(parts))];
    },
  };
}
