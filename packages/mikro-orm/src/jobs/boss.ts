import { CrmError, toCrmError } from "@crmessenger/kernel";
import type { Logger } from "@crmessenger/kernel/infrastructure";
import type { PgBoss } from "pg-boss";
import type { BossDatabase } from "./boss-database.ts";

export interface BossOptions {
  readonly db: BossDatabase;
  /** The schema that it has for itself. */
  readonly schema: string;
  readonly logger: Logger;
}

/** Starts the pg-boss that keeps jobs, and installs or updates its schema. It fetches and watches nothing by itself. */
export function startBoss(options: BossOptions): Promise<PgBoss> {
  return start(options, { migrate: true, supervise: false, schedule: false });
}

/** Starts a second one that does nothing but send what is scheduled, which of several processes only one does at a time. */
export function startScheduler(options: BossOptions): Promise<PgBoss> {
  return start(options, {
    migrate: false,
    schedule: true,
    cronMonitorIntervalSeconds: 10,
    cronWorkerIntervalSeconds: 2,
    // Its supervision would note which keys are running, once in a while, and then hold those keys back for as long.
    supervise: false,
  });
}

/**
 * Reads pg-boss's code, which is no light load for those who have no jobs, so it is not among our imports. Called while
 * the database is still being opened, it costs the start nothing; a failure is told by whoever needs the code.
 */
export function loadBoss(): Promise<{ readonly PgBoss: typeof PgBoss }> {
  return import("pg-boss");
}

export async function stopBoss(boss: PgBoss): Promise<void> {
  await boss.stop({ graceful: false, close: false });
}

async function start({ db, schema, logger }: BossOptions, settings: object): Promise<PgBoss> {
  const { PgBoss } = await loadBoss();
  const boss = new PgBoss({ db, schema, ...settings });
  boss.on("error", (error) => logger.warn(`The job queue met an error: ${toCrmError(error).message}`));
  boss.on("warning", ({ message }) => logger.warn(`The job queue warns: ${message}`));
  try {
    await boss.start();
  } catch (error) {
    await stopBoss(boss).catch(() => {}); // the reason it didn't start is what counts
    const failure = toCrmError(error);
    throw new CrmError("CRM_JOB_QUEUE", `The job queue could not be started: ${failure.message}`, {
      details: failure.details,
      cause: error,
    });
  }
  return boss;
}
