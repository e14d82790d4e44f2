import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { HttpHandler } from "@crmessenger/http";
import type { Kernel } from "@crmessenger/kernel";
import Koa from "koa";
import pg from "pg";
import { closeServer } from "./close-server.ts";
import { mountCrm } from "./crm/mount-crm.ts";
import { type CrmOptions, startCrm } from "./crm/start-crm.ts";
import { answerErrors } from "./shop/answer-errors.ts";
import { createTables } from "./shop/create-tables.ts";
import { type Shop, createRoutes } from "./shop/routes.ts";
import { Sessions } from "./shop/sessions.ts";
import { StaffList } from "./shop/staff.ts";

export interface ServiceOptions extends Pick<CrmOptions, "filesDirectory" | "allowedHosts" | "environment"> {
  readonly databaseUrl: string;
  /** 0 for any that is free. */
  readonly port: number;
}

export interface Service {
  readonly url: string;
  readonly shop: Shop;
  stop(): Promise<void>;
}

const DRAIN_DEADLINE_MS = 10_000;

/** The shop, with CRMessenger inside it. */
export async function startService({ databaseUrl, port, ...crm }: ServiceOptions): Promise<Service> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 20 });
  pool.on("error", (error) => {
    if (!pool.ending) console.error(`An idle database connection was lost: ${error.message}`);
  });
  let kernel: Kernel | undefined;
  try {
    await createTables(pool);
    const sessions = new Sessions(pool);
    kernel = await startCrm({ ...crm, pool, sessions });
    const shop = { pool, sessions, staff: new StaffList(pool), kernel };
    const server = await listen(shop, port);
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      shop,
      stop: () => stopService(server, shop),
    };
  } catch (error) {
    await kernel?.stop();
    await pool.end();
    throw error;
  }
}

async function listen(shop: Shop, port: number): Promise<Server> {
  const app = new Koa();
  app.use(answerErrors);
  app.use(mountCrm("/crm", shop.kernel, shop.sessions)); // before anything that reads bodies
  app.use(createRoutes(shop).routes());
  const server = app.listen(port, "127.0.0.1");
  await once(server, "listening");
  return server;
}

/** From the outside in: no new requests, those in flight finish, the kernel stops, and then nobody needs the pool. */
async function stopService(server: Server, { kernel, pool }: Shop): Promise<void> {
  const drained = closeServer(server, DRAIN_DEADLINE_MS);
  kernel.get(HttpHandler).close(); // event streams would keep the server open
  await drained;
  try {
    await kernel.stop();
  } finally {
    await pool.end();
  }
}
