import { type CustomAdapter, createAdapterFactory } from "@better-auth/core/db/adapter";
import type { Row, Table } from "./table.ts";

/** The database adapter that better-auth asks for, over tables of ours by model name. */
export function tablesAdapter(tables: Readonly<Record<string, Table>>) {
  return createAdapterFactory({
    config: {
      adapterId: "crmessenger",
      adapterName: "CRMessenger",
      supportsBooleans: true,
      supportsDates: false,
      supportsJSON: true,
      supportsNumericIds: false,
      transaction: false, // what is read and written joins our own unit of work by itself
    },
    adapter: () =>
      adapterOver((model) => {
        const table = tables[model];
        if (table) return table;
        throw new TypeError(`better-auth asks for the model "${model}", which is not kept here.`);
      }),
  });
}

/** better-auth leaves the type of a row to its caller; rows are plain data here, so they pass as what is asked for. */
function adapterOver(table: (model: string) => Table): CustomAdapter {
  const first = async (rows: Promise<readonly Row[]>) => ((await rows)[0] ?? null) as never;
  return {
    create: async ({ model, data }) => (await table(model).insert(data)) as typeof data,
    findOne: ({ model, where }) => first(table(model).select(where)),
    findMany: async ({ model, where = [], limit, sortBy, offset = 0 }) => {
      if (sortBy)
        throw new TypeError(`better-auth asks for "${model}" sorted by "${sortBy.field}", which is not offered here.`);
      return (await table(model).select(where)).slice(offset, offset + limit) as never[];
    },
    update: ({ model, where, update }) => first(table(model).update(where, update as Row)),
    updateMany: async ({ model, where, update }) => (await table(model).update(where, update)).length,
    delete: async ({ model, where }) => void (await table(model).delete(where)),
    deleteMany: ({ model, where }) => table(model).delete(where),
    count: async ({ model, where = [] }) => (await table(model).select(where)).length,
  };
}
