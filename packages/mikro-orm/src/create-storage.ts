import { type Health, toCrmError } from "@crmessenger/kernel";
import type { Clock, Ids, Logger } from "@crmessenger/kernel/infrastructure";
import { createAttributeIndexes } from "./attribute-indexes/create-attribute-indexes.ts";
import { createEmbeddedCheckpoints } from "./background/embedded-checkpoints.ts";
import { createEmbeddedVacuum } from "./background/embedded-vacuum.ts";
import { createCollections } from "./collections/create-collections.ts";
import { createDatabase } from "./database/create-database.ts";
import { PgliteEngine } from "./database/pglite-engine.ts";
import { OwnPool } from "./database/own-pool.ts";
import { PostgresEngine } from "./database/postgres-engine.ts";
import type { Engine } from "./database/session.ts";
import { SharedPoolConnections } from "./database/shared-pool.ts";
import { createEventLog } from "./events/create-event-log.ts";
import { createIntake } from "./intake/create-intake.ts";
import type { IntakeServices } from "./intake/create-intake.ts";
import { createJobs } from "./jobs/create-jobs.ts";
import { createLeases } from "./leases/create-leases.ts";
import { createAuditor } from "./ledger/create-auditor.ts";
import { createIdempotency } from "./ledger/create-idempotency.ts";
import { createTimeline } from "./ledger/create-timeline.ts";
import { migrate } from "./migration/migrate.ts";
import { migrations } from "./migrations.ts";
import { LazyOrm } from "./orm/lazy-orm.ts";
import { createRateBudget } from "./rate-budget/create-rate-budget.ts";
import { createRepositories } from "./repository/create-repositories.ts";
import { type SecretsHandle, createSecrets } from "./secrets/create-secrets.ts";
import type { KeyRing } from "./secrets/key-ring.ts";
import { loadKeyRing } from "./secrets/load-key-ring.ts";
import { createSettings } from "./settings/create-settings.ts";
import type { StorageOptions } from "./storage-options.ts";

export interface StorageServices extends Pick<IntakeServices, "dispatcher" | "contactDraft" | "leadDraft" | "states"> {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  /** The value of CRMESSENGER_SECRET_KEY. */
  readonly secretKey: string | undefined;
}

export type Storage = ReturnType<typeof createStorage>;

const PURGE_EVERY_MS = 60 * 60 * 1_000;

/** Wires every storage contract over one database. Nothing connects before `start`. */
export function createStorage(options: StorageOptions, given: StorageServices) {
  const engine = createEngine(options, given.logger);
  const database = createDatabase({ ...given, engine, entityManager: async () => (await orm.load()).entityManager() });
  const orm = new LazyOrm(database.units, options.schema);
  const services = { ...given, database, orm };
  const leases = createLeases(services);
  const eventLog = createEventLog({ ...services, unitOfWork: database.units, leases });
  const unitOfWork = database.units;
  const jobs = createJobs({
    ...services,
    unitOfWork,
    presence: leases.presence,
    ...(options.schema === undefined ? {} : { schema: `${options.schema}_jobs` }),
  });
  const collections = createCollections({ database, unitOfWork });
  const idempotency = createIdempotency(services);
  const rateBudget = createRateBudget(services);
  let keys: KeyRing | undefined;
  const secrets = createSecrets({ database, keys: () => keys as KeyRing });
  const vacuum = createEmbeddedVacuum(services);
  const checkpoints = createEmbeddedCheckpoints(services);
  const purging = repeat(given, () => idempotency.purge());
  return {
    database,
    unitOfWork,
    repositories: createRepositories(services),
    attributeIndexes: createAttributeIndexes(services),
    auditor: createAuditor(services),
    timeline: createTimeline(services),
    intake: createIntake({ ...services, wake: () => eventLog.wake() }),
    settings: createSettings(services),
    idempotency,
    jobs,
    collections,
    leases,
    eventLog,
    rateBudget,
    secrets,
    async start(): Promise<void> {
      jobs.load();
      keys = await loadKeyRing({
        environment: given.secretKey,
        directory: engine.kind === "pglite" ? options.dataDirectory : "none",
      });
      await database.open();
      await migrate({ orm, database, engine }, migrations);
      if (keys.size > 1) await sealAnew(secrets, given.logger);
      await leases.start();
      await allStarted([eventLog.start(), collections.start(), jobs.start()]);
      purging.start();
      vacuum.start();
      checkpoints.start();
    },
    async health(): Promise<Health> {
      try {
        await database.query("select 1");
        return { status: "up" };
      } catch (error) {
        return { status: "down", reason: toCrmError(error).message };
      }
    },
    async stop(): Promise<void> {
      purging.stop();
      await checkpoints.stop();
      await vacuum.stop();
      rateBudget.stop();
      await jobs.stop();
      await eventLog.stop();
      await leases.stop();
      await database.close();
    },
  };
}

/** Waits for all of them, so that whoever stops the storage after a failure finds none of them on its way. */
async function allStarted(starts: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(starts);
  await Promise.all(starts);
}

function createEngine(options: StorageOptions, logger: Logger): Engine {
  const { databaseUrl: url, dataDirectory, pool, poolSize, schema } = options;
  const place = schema === undefined ? {} : { schema };
  if (pool !== undefined)
    return new PostgresEngine({ connections: new SharedPoolConnections(pool, schema), logger, ...place });
  if (url !== undefined)
    return new PostgresEngine({ connections: new OwnPool({ url, poolSize, logger, ...place }), logger, ...place });
  return new PgliteEngine({ ...place, ...(dataDirectory === undefined ? {} : { directory: dataDirectory }) });
}

/** After a change of keys. What can't be opened stays as it is and fails where it is read. */
async function sealAnew(secrets: SecretsHandle, logger: Logger): Promise<void> {
  try {
    const count = await secrets.rotate();
    logger.info(
      count > 0
        ? `${count} secrets were sealed anew with the first key.`
        : "Every secret is sealed with the first key: the others can be dropped from CRMESSENGER_SECRET_KEY.",
    );
  } catch (error) {
    const { code, message } = toCrmError(error);
    logger.warn(`Not every secret could be sealed anew with the first key: ${message}`, { code });
  }
}

function repeat({ clock, logger }: StorageServices, work: () => Promise<void>): { start(): void; stop(): void } {
  let cancel = () => {};
  const run = () => {
    work().catch((error: unknown) =>
      logger.warn("Old idempotency claims could not be removed.", { code: toCrmError(error).code }),
    );
    schedule();
  };
  const schedule = () => {
    cancel = clock.schedule(PURGE_EVERY_MS, run);
  };
  return { start: schedule, stop: () => cancel() };
}
