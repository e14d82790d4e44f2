import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inject, onTestFinished } from "vitest";
import { createDatabaseFrom, dropDatabase } from "./postgres-databases.ts";
import { type Place, type Services, type ServicesOptions, startServices } from "./services.ts";

let databases = 0;

/** A new database on disk, for the running test. */
export async function pglitePlace(): Promise<Place> {
  const directory = await mkdtemp(join(tmpdir(), "crmessenger-pglite-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await cp(inject("pgliteTemplate"), directory, { recursive: true });
  return { directory };
}

/** A new database on the server, for the running test. */
export async function postgresPlace(): Promise<Place> {
  const name = `place_${process.pid}_${(databases += 1)}_${Math.random().toString(36).slice(2, 8)}`;
  const url = await createDatabaseFrom(inject("postgresUrl"), name, "template");
  onTestFinished(() => dropDatabase(inject("postgresUrl"), name));
  return { url };
}

export const places: Readonly<Record<string, () => Promise<Place>>> = { PGlite: pglitePlace, "PostgreSQL 15": postgresPlace };

/** Services that stop with the running test. */
export async function servicesOn(place: Place, options?: ServicesOptions): Promise<Services> {
  const services = await startServices(place, options);
  onTestFinished(() => services.stop());
  return services;
}
