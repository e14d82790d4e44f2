import {
  type Clock,
  type Collections,
  type Ids,
  type Logger,
  silentLogger,
  systemClock,
  uuidV7,
} from "@crmessenger/kernel/infrastructure";
import { createCollections } from "../src/collections/create-collections.ts";
import { createDatabase } from "../src/database/create-database.ts";
import { PgliteEngine } from "../src/database/pglite-engine.ts";
import { createEventLog } from "../src/events/create-event-log.ts";
import { createJobs } from "../src/jobs/create-jobs.ts";
import { createLeases } from "../src/leases/create-leases.ts";
import { createRateBudget } from "../src/rate-budget/create-rate-budget.ts";
import { createSecrets } from "../src/secrets/create-secrets.ts";
import type { KeyRing } from "../src/secrets/key-ring.ts";
import { createSettings } from "../src/settings/create-settings.ts";
import { postgresEngine } from "./postgres-engine.ts";

/** A database that has every table. */
export type Place = { readonly url: string } | { readonly directory: string };

export interface ServicesOptions {
  readonly clock?: Clock;
  readonly logger?: Logger;
  readonly keys?: KeyRing;
  /** What plugins open while they boot. */
  open?(collections: Collections): void;
}

export type Services = Awaited<ReturnType<typeof startServices>>;

/** The infrastructure services over one database, without the domain and the plugin around them. */
export async function startServices(
  place: Place,
  { clock = systemClock, logger = silentLogger, keys, open }: ServicesOptions = {},
) {
  const ids: Ids = uuidV7();
  const engine = "url" in place ? postgresEngine({ url: place.url, poolSize: 10, logger }) : new PgliteEngine(place);
  const database = createDatabase({
    engine,
    clock,
    ids,
    logger,
    entityManager: () => Promise.reject(new Error("These tests have no entities.")),
  });
  const services = { database, unitOfWork: database.units, clock, ids, logger };
  await database.open();
  const leases = createLeases(services);
  const eventLog = createEventLog({ ...services, leases });
  const jobs = createJobs({ ...services, presence: leases.presence });
  const collections = createCollections(services);
  const rateBudget = createRateBudget(services);
  open?.(collections);
  let stopping: Promise<void> | undefined;
  const stop = async () => {
    rateBudget.stop();
    await jobs.stop();
    await eventLog.stop();
    await leases.stop();
    await database.close();
  };
  try {
    for (const service of [leases, collections, eventLog, jobs]) await service.start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ...services,
    leases,
    eventLog,
    jobs,
    collections,
    rateBudget,
    settings: createSettings(services),
    secrets: createSecrets({ database, keys: () => keys as KeyRing }),
    stop: () => (stopping ??= stop()),
  };
}
