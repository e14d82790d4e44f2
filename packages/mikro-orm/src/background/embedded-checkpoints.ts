import type { Clock, Logger } from "@crmessenger/kernel/infrastructure";
import type { Database } from "../database/database.ts";
import { Pump } from "./pump.ts";

export interface CheckpointServices {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
}

const EVERY_MS = 10_000;
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * The embedded database has no checkpointer: left alone, its log would grow with every write, and a start after a
 * kill would replay all of it. A checkpoint is due when the log has grown by 64 MB since the last one.
 */
export function createEmbeddedCheckpoints({ database, clock, logger }: CheckpointServices): {
  start(): void;
  stop(): Promise<void>;
} {
  const pump = new Pump(
    { clock, logger },
    {
      name: "Checkpointing the embedded database",
      everyMs: EVERY_MS,
      async run() {
        const { rows } = await database.query<{ due: boolean }>(DUE, [MOST_BYTES], { name: "checkpoint_due" });
        if (rows[0]?.due) await database.query("checkpoint");
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

const DUE = "select pg_wal_lsn_diff(pg_current_wal_lsn(), redo_lsn) > $1::bigint as due from pg_control_checkpoint()";
