import type { Clock, Logger } from "@crmessenger/kernel/infrastructure";
import type { Database } from "../database/database.ts";
import { Pump } from "./pump.ts";

export interface VacuumServices {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
}

const EVERY_MS = 10 * 60_000;

/**
 * The embedded database is a single process without PostgreSQL's autovacuum: nobody gives back the room of updated and
 * deleted rows, and the planner would believe for ever that tables are as they were when they were made. A server
 * looks after itself.
 */
export function createEmbeddedVacuum({ database, clock, logger }: VacuumServices): {
  start(): void;
  stop(): Promise<void>;
} {
  let rested = false;
  const pump = new Pump(
    { clock, logger },
    {
      name: "Vacuuming the embedded database",
      everyMs: EVERY_MS,
      async run() {
        if (rested) await database.query("vacuum (analyze)");
        rested = true; // not in the middle of the application's start
      },
    },
  );
  return {
    start() {
      if (database.engine === "pglite") pump.start();
    },
    stop: () => pump.stop(),
  };
}
