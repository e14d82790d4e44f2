import { z } from "zod";
import type { SharedPool } from "./database/shared-pool.ts";

const DEFAULT_POOL_SIZE = 10;

/** Which database, and how. Without a URL and a directory, `DATABASE_URL` decides; without that too, data are kept in memory. */
export const storageOptions = z
  .strictObject({
    /** A PostgreSQL server, version 15 or newer: `postgresql://user:password@host:port/database`. */
    databaseUrl: z
      .string()
      .regex(/^postgres(ql)?:\/\//, "a database URL begins with postgresql://")
      .exactOptional(),
    /** Where the embedded database lives. One process at a time. */
    dataDirectory: z.string().min(1).exactOptional(),
    /**
     * The application's own `pg.Pool`, for an application that has one already. It stays the application's: end it after
     * the kernel has stopped. One of its connections is held for good, and one more is opened beside it. Not plain
     * data, so a storage with a pool runs in the process that has the pool.
     */
    pool: z.custom<SharedPool>(isPool, "a pool is a pg.Pool").exactOptional(),
    /** The schema that the tables are in; it is created when it is missing. Default: the first of the search path, `public`. */
    schema: z
      .string()
      .regex(/^[a-z_][a-z0-9_]{0,62}$/, "a schema is named in lower case letters, digits and underscores")
      .exactOptional(),
    /** Connections to a PostgreSQL server at most. A shared pool has a limit of its own. */
    poolSize: z.number().int().min(2).max(500).default(DEFAULT_POOL_SIZE),
  })
  .refine(
    ({ databaseUrl, dataDirectory, pool }) =>
      [databaseUrl, dataDirectory, pool].filter((place) => place !== undefined).length < 2,
    "give either databaseUrl or dataDirectory or pool",
  );

function isPool(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { connect, options } = value as Partial<SharedPool>;
  return typeof connect === "function" && typeof options === "object" && options !== null;
}

export type StorageOptions = z.output<typeof storageOptions>;
