import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { HttpHandler } from "@crmessenger/http";
import { registerRepair } from "./crm/register-repair.ts";
import { startCrm } from "./crm/start-crm.ts";
import { WorkshopRoles } from "./crm/workshop-roles.ts";
import { type Workshop, createApp } from "./workshop/create-app.ts";
import { WorkshopDatabase } from "./workshop/workshop-database.ts";

export interface ServiceOptions {
  readonly dataDirectory: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** Whether CRMessenger's API is mounted below `/crm`. */
  readonly api: boolean;
}

export interface Service {
  readonly url: string;
  readonly workshop: Workshop;
  stop(): Promise<void>;
}

/** The workshop, with CRMessenger beside its database. */
export async function startService({ dataDirectory, port, api }: ServiceOptions): Promise<Service> {
  await mkdir(dataDirectory, { recursive: true });
  const database = new WorkshopDatabase(join(dataDirectory, "workshop.sqlite"));
  const kernel = await startCrm({ dataDirectory: join(dataDirectory, "crm"), api });
  const workshop = { database, kernel, roles: await WorkshopRoles.load(kernel) };
  await finishRegistrations(workshop);
  const server = createApp(workshop, { api }).listen(port, "127.0.0.1");
  await once(server, "listening");
  const { port: bound } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${bound}`, workshop, stop: () => stopService(server, workshop, api) };
}

/** What was left half done when the process ended the last time. */
async function finishRegistrations({ database, kernel, roles }: Workshop): Promise<void> {
  for (const repair of database.unregistered()) {
    const person = database.person(repair.takenBy);
    if (person) database.registered(repair.id, await registerRepair(kernel, roles.subjectOf(person), repair));
  }
}

/** From the outside in: no new requests, those in flight finish, the kernel stops, then the workshop's own database. */
async function stopService(server: Server, { kernel, database }: Workshop, api: boolean): Promise<void> {
  const closed = once(server, "close");
  server.close();
  if (api) kernel.get(HttpHandler).close(); // event streams would keep the server open
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  await closed;
  clearInterval(sweep);
  await kernel.stop();
  database.close();
}
