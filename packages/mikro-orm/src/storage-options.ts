import { z } from "zod";

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
    /** The schema that the tables are in; it is created when it is missing. Default: the first of the search path, `public`. */
    schema: z
      .string()
      .regex(/^[a-z_][a-z0-9_]{0,62}$/, "a schema is named in lower case letters, digits and underscores")
      .exactOptional(),
    /** Connections to a PostgreSQL server at most. */
    poolSize: z.number().int().min(2).max(500).default(DEFAULT_POOL_SIZE),
  })
  .refine(
    ({ databaseUrl, dataDirectory }) => databaseUrl === undefined || dataDirectory === undefined,
    "give either databaseUrl or dataDirectory",
  );

export type StorageOptions = z.output<typeof storageOptions>;
