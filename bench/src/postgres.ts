import pg from "pg";
import { startPostgres } from "@crmessenger/testing/postgres";

/** A PostgreSQL 15 of its own, as durable as in production, for the time of `work`. */
export async function withPostgres<T>(work: (databaseUrl: string) => Promise<T>): Promise<T> {
  const server = await startPostgres({ durable: true });
  try {
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    await client.query("create database bench");
    await client.end();
    return await work(server.url.replace(/postgres$/, "bench"));
  } finally {
    await server.stop();
  }
}
