import { type Logger, silentLogger } from "@crmessenger/kernel/infrastructure";
import { OwnPool } from "../src/database/own-pool.ts";
import { PostgresEngine } from "../src/database/postgres-engine.ts";

export interface EngineOptions {
  readonly url: string;
  readonly poolSize: number;
  readonly logger?: Logger;
}

/** An engine with a pool of its own, as the plugin makes it from a URL. */
export function postgresEngine({ logger = silentLogger, ...options }: EngineOptions): PostgresEngine {
  return new PostgresEngine({ connections: new OwnPool({ ...options, logger }), logger });
}
