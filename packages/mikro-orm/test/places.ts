import { cp, rm } from "node:fs/promises";
import { createScratchDirectory } from "@crmessenger/testing/postgres";
import { afterAll, beforeAll, inject, onTestFinished } from "vitest";
import { createDatabaseFrom, dropDatabase } from "./postgres-databases.ts";
import { type Place, type Services, type ServicesOptions, startServices } from "./services.ts";

let databases = 0;

/** When something is over that a database was made for. */
type Afterwards = (undo: () => Promise<void>) => void;

/** Makes a new database, by default for the running test. */
export type CreatePlace = (afterwards?: Afterwards) => Promise<Place>;

/** On disk. */
export const pglitePlace: CreatePlace = async (afterwards = onTestFinished) => {
  const directory = await createScratchDirectory("crmessenger-pglite-");
  afterwards(() => rm(directory, { recursive: true, force: true }));
  await cp(inject("pgliteTemplate"), directory, { recursive: true });
  return { directory };
};

/** On the server. */
export const postgresPlace: CreatePlace = async (afterwards = onTestFinished) => {
  const name = `place_${process.pid}_${(databases += 1)}_${Math.random().toString(36).slice(2, 8)}`;
  const url = await createDatabaseFrom(inject("postgresUrl"), name, "template");
  afterwards(() => dropDatabase(inject("postgresUrl"), name));
  return { url };
};

export const places: Readonly<Record<string, CreatePlace>> = { PGlite: pglitePlace, "PostgreSQL 15": postgresPlace };

/** Services that stop with the running test. */
export async function servicesOn(place: Place, options?: ServicesOptions): Promise<Services> {
  const services = await startServices(place, options);
  onTestFinished(() => services.stop());
  return services;
}

/** Services that all tests of a `describe` share. */
export function sharedServices(create: CreatePlace, options?: ServicesOptions): () => Services {
  let services: Services | undefined;
  const undo: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    services = await startServices(await create((work) => void undo.push(work)), options);
  });
  afterAll(async () => {
    await services?.stop();
    for (const work of undo) await work();
  });
  return () => services as Services;
}
