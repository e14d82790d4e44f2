import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ChangeLeadStatus, GetLead } from "@crmessenger/kernel/sales";
import { eventually } from "@crmessenger/testing";
import { type PostgresServer, startPostgres } from "@crmessenger/testing/postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Service, startService } from "../src/start-service.ts";
import type { StaffRole } from "../src/shop/staff.ts";
import { Browser } from "./support/browser.ts";
import { Messenger } from "./support/messenger.ts";

let postgres: PostgresServer;
let filesDirectory: string;
let service: Service;
let messenger: Messenger;
let hook: string;

beforeAll(async () => {
  postgres = await startPostgres();
  filesDirectory = await mkdtemp(join(tmpdir(), "crmessenger-embed-koa-"));
  messenger = await Messenger.start();
  service = await startService({
    databaseUrl: postgres.url,
    port: 0,
    filesDirectory,
    allowedHosts: ["127.0.0.1"],
    environment: { CRMESSENGER_SECRET_KEY: Buffer.alloc(32, 1).toString("base64") },
  });
  hook = await connectMessenger(await signIn("owner"));
});

afterAll(async () => {
  await service?.stop();
  await messenger?.stop();
  await postgres?.stop();
  await rm(filesDirectory, { recursive: true, force: true });
});

async function signIn(role: StaffRole): Promise<Browser> {
  const email = `${role}-${crypto.randomUUID()}@shop.example`;
  await service.shop.staff.add({ email, name: role, role }, "correct horse");
  const browser = new Browser(service.url);
  expect((await browser.call("POST", "/session", { email, password: "correct horse" })).status).toBe(200);
  return browser;
}

/** Adds a channel account through the API below the shop's prefix. Answers where the messenger posts to. */
async function connectMessenger(owner: Browser): Promise<string> {
  const settings = { outboundUrl: messenger.url };
  const { body } = await owner.call("POST", "/crm/api/v1/channels", { type: "http", name: "Shop", settings });
  const channel = `/crm/api/v1/channels/${String(body["id"])}`;
  await owner.call("POST", `${channel}/login`);
  await owner.call("POST", `${channel}/login/answer`, { values: { secret: messenger.secret } });
  await eventually(async () =>
    expect((await owner.call("GET", channel)).body).toMatchObject({ state: { status: "connected" } }),
  );
  return `${service.url}/crm/hooks/http-channel/${String(body["id"])}`;
}

/** Somebody writes. Answers the lead and the conversation that the inbox shows. */
async function receive(customer: string, browser: Browser): Promise<{ leadId: string; conversationId: string }> {
  const before = new Set((await inbox(browser)).map(({ leadId }) => leadId));
  expect(await messenger.write(hook, customer, "A flat white, please")).toBe(200);
  const fresh = (await inbox(browser)).find(({ leadId }) => !before.has(leadId));
  return fresh ?? expect.unreachable("The conversation is not in the inbox.");
}

async function inbox(browser: Browser): Promise<readonly { leadId: string; conversationId: string }[]> {
  return (await browser.call("GET", "/inbox")).body as unknown as { leadId: string; conversationId: string }[];
}

const orders = async (leadId: string) => {
  const { rows } = await service.shop.pool.query<{ status: string }>(
    "select status, total::text as total from shop.orders where lead_id = $1",
    [leadId],
  );
  return rows;
};

const leadOf = (id: string) => service.shop.kernel.run(() => service.shop.kernel.bus.ask(GetLead, { id }));

test("who is signed in to the shop is signed in to the API below its prefix, and nobody else", async () => {
  const stranger = new Browser(service.url);
  expect((await stranger.call("GET", "/crm/api/v1/leads")).status).toBe(401);
  expect((await stranger.call("POST", "/session", { email: "x@shop.example", password: "x" })).status).toBe(401);
  const sales = await signIn("sales");
  expect((await sales.call("GET", "/crm/api/v1/leads")).status).toBe(200);
  expect((await sales.call("POST", "/crm/api/v1/channels", { type: "http", name: "x" })).status).toBe(403);
  const program = await fetch(`${service.url}/crm/api/v1/leads`, {
    headers: { authorization: `Bearer ${sales.token}` },
  });
  expect(program.status).toBe(200);
  await sales.call("DELETE", "/session");
  expect((await sales.call("GET", "/crm/api/v1/leads")).status).toBe(401);
});

test("the shop's own pages are where they were", async () => {
  const sales = await signIn("sales");
  expect(await sales.call("GET", "/orders")).toMatchObject({ status: 200 });
  expect((await sales.call("GET", "/nowhere")).status).toBe(404);
  expect((await new Browser(service.url).call("GET", "/orders")).status).toBe(401);
});

test("a customer writes, the shop's inbox shows it, and an answer through the API reaches the customer", async () => {
  const sales = await signIn("sales");
  const { conversationId } = await receive("Anna", sales);
  const parts = [{ type: "text", text: "Coming right up" }];
  const sent = await sales.call("POST", `/crm/api/v1/conversations/${conversationId}/messages`, { parts });
  expect(sent.status).toBe(202);
  await eventually(() => expect(messenger.received).toContain("Coming right up"));
});

test("scopes follow the shop's roles: a barista sees own leads only", async () => {
  const [owner, barista] = [await signIn("owner"), await signIn("barista")];
  const { leadId } = await receive("Berta", owner);
  const seen = async () =>
    ((await barista.call("GET", "/crm/api/v1/leads")).body["items"] as { id: string }[]).map(({ id }) => id);
  expect(await seen()).toEqual([]);
  const { id } = (await service.shop.sessions.staffBy(barista.token)) ?? expect.unreachable();
  await owner.call("POST", `/crm/api/v1/leads/${leadId}/assign`, { ownerId: id });
  expect(await seen()).toEqual([leadId]);
});

test("an order and the lead's new status commit together", async () => {
  const sales = await signIn("sales");
  const { leadId } = await receive("Carla", sales);
  const placed = await sales.call("POST", "/orders", { leadId, item: "Flat white", total: "4.50" });
  expect(placed).toMatchObject({ status: 201, body: { leadId, total: "4.50", status: "open" } });
  expect(await leadOf(leadId)).toMatchObject({ status: "in-progress" });
  expect(await orders(leadId)).toEqual([{ status: "open", total: "4.50" }]);
});

test("neither happens when one of them can't", async () => {
  const [sales, barista] = [await signIn("sales"), await signIn("barista")];
  const { leadId } = await receive("Dora", sales);
  const order = { leadId, item: "Flat white", total: "4.50" };
  expect(await barista.call("POST", "/orders", order)).toMatchObject({ status: 404 }); // the lead is not theirs to see
  expect((await sales.call("POST", "/orders", { ...order, total: "0" })).status).toBe(422); // the shop's own check
  expect(await leadOf(leadId)).toMatchObject({ status: "new" });
  const { kernel } = service.shop;
  await kernel.run(() => kernel.bus.dispatch(ChangeLeadStatus, { id: leadId, status: "disqualified" }));
  expect(await sales.call("POST", "/orders", order)).toMatchObject({ status: 409 });
  expect(await orders(leadId)).toEqual([]);
});

test("a lead that comes to nothing cancels its order in the shop's table", async () => {
  const sales = await signIn("sales");
  const { leadId } = await receive("Emma", sales);
  await sales.call("POST", "/orders", { leadId, item: "Flat white", total: "4.50" });
  await sales.call("POST", `/crm/api/v1/leads/${leadId}/status`, { status: "disqualified" });
  await eventually(async () => expect(await orders(leadId)).toMatchObject([{ status: "cancelled" }]));
});

test("the shop's tables and CRMessenger's are in one database and apart", async () => {
  const { rows } = await service.shop.pool.query<{ schema: string }>(
    "select distinct table_schema as schema from information_schema.tables where table_name in ('orders', 'leads', 'users') order by 1",
  );
  expect(rows.map(({ schema }) => schema)).toEqual(["crm", "shop"]);
});
