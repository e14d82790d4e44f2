import pg from "pg";
import type { AppProcess } from "../app/app-process.ts";

export type Rows = readonly Record<string, unknown>[];

/** The database, looked at by SQL: directly where it is a server, through the application's process where it is embedded. */
export interface Probe {
  query(sql: string, parameters?: readonly unknown[]): Promise<Rows>;
  close(): Promise<void>;
}

export function openProbe(databaseUrl: string | undefined, app: AppProcess): Probe {
  if (databaseUrl === undefined)
    return { query: (sql, parameters = []) => app.query(sql, parameters), close: async () => {} };
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 4 });
  return {
    query: async (sql, parameters = []) => (await pool.query(sql, [...parameters])).rows as Rows,
    close: () => pool.end(),
  };
}
