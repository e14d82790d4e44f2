import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HttpHandler } from "@crmessenger/http";
import { everything } from "@crmessenger/kernel/infrastructure";
import { GetLead, LeadRepository } from "@crmessenger/kernel/sales";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Service, startService } from "../src/start-service.ts";

let dataDirectory: string;
let service: Service;
let boss: string;
let mechanic: string;

const start = (api: boolean) => startService({ dataDirectory, port: 0, api });

beforeAll(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), "crmessenger-embed-express-"));
  service = await start(true);
  const { database } = service.workshop;
  [boss, mechanic] = [database.hire("Boss", "boss"), database.hire("Mika", "mechanic")];
});

afterAll(async () => {
  await service?.stop();
  await rm(dataDirectory, { recursive: true, force: true });
});

async function call(token: string, method: string, path: string, json?: object) {
  const response = await fetch(service.url + path, {
    method,
    headers: { "x-workshop-token": token, ...(json ? { "content-type": "application/json" } : {}) },
    body: json ? JSON.stringify(json) : null,
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") ?? false;
  return { status: response.status, body: (isJson ? JSON.parse(text) : {}) as { readonly [field: string]: unknown } };
}

const leads = async () => {
  const { kernel } = service.workshop;
  const { items } = await kernel.run(() => kernel.get(LeadRepository).find(everything, { limit: 100 }));
  return items;
};

describe("the workshop", () => {
  test("takes a repair in, and its route makes a lead of it in the process, as the person who called", async () => {
    const { status, body } = await call(mechanic, "POST", "/repairs", { customer: "Anna", bicycle: "A red tandem" });
    expect([status, body]).toMatchObject([201, { customer: "Anna" }]);
    const { kernel, database } = service.workshop;
    const lead = await kernel.run(() => kernel.bus.ask(GetLead, { id: String(body["leadId"]) }));
    expect(lead).toMatchObject({
      title: "A red tandem",
      ownerId: database.personBy(mechanic)?.id,
      attributes: { repairId: body["id"] },
    });
    expect((await call(boss, "GET", "/repairs")).body).toMatchObject([{ id: body["id"], leadId: lead.id }]);
  });

  test("keeps its own rules and pages", async () => {
    expect((await call("", "POST", "/repairs", { customer: "Anna", bicycle: "x" })).status).toBe(401);
    expect((await call(boss, "POST", "/repairs", { customer: "" })).status).toBe(422);
    expect((await call(boss, "GET", "/nowhere")).status).toBe(404);
  });
});

describe("the API below /crm", () => {
  test("knows the workshop's people by the workshop's token", async () => {
    const { database } = service.workshop;
    const leaving = database.hire("Lea", "mechanic");
    expect((await call(leaving, "GET", "/crm/api/v1/leads")).status).toBe(200);
    database.fire(leaving);
    expect((await call(leaving, "GET", "/crm/api/v1/leads")).status).toBe(401);
  });

  test("gives each the rights of the role that comes with the job", async () => {
    const channel = { type: "http", name: "Web shop" };
    expect((await call(mechanic, "POST", "/crm/api/v1/channels", channel)).status).toBe(403);
    expect((await call(boss, "POST", "/crm/api/v1/channels", channel)).status).toBe(201);
  });

  test("has plugins' routes too", async () => {
    const { status, body } = await call("", "POST", "/crm/hooks/http-channel/nobody", {});
    expect([status, body]).toMatchObject([503, { code: "CRM_CHANNEL_NOT_CONNECTED" }]);
  });
});

describe("a restart", () => {
  test("finishes what was left half done, once, and keeps the rest", async () => {
    const { database } = service.workshop;
    const takenBy = database.personBy(mechanic)?.id ?? expect.unreachable();
    const left = database.takeIn({ customer: "Berta", bicycle: "A unicycle", takenBy });
    const before = await leads();
    await service.stop();
    service = await start(false);
    const repair = service.workshop.database.repairs().find(({ id }) => id === left.id);
    const after = await leads();
    expect(after.filter(({ title }) => title === "A unicycle").map(({ id }) => id)).toEqual([repair?.leadId]);
    expect(after).toHaveLength(before.length + 1);
  });

  test("without the HTTP plugin leaves the workshop's own routes as they were", async () => {
    const { status } = await call(boss, "POST", "/repairs", { customer: "Carla", bicycle: "A cargo bike" });
    expect(status).toBe(201);
    expect((await call(boss, "GET", "/crm/api/v1/leads")).status).toBe(404);
    expect(() => service.workshop.kernel.get(HttpHandler)).toThrow("No plugin of this application provides");
  });
});
