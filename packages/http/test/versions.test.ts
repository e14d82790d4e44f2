import { communication } from "@crmessenger/communication";
import { iam, seedOwner } from "@crmessenger/iam";
import { systemActor } from "@crmessenger/kernel";
import { HttpServer } from "@crmessenger/kernel/http";
import { EventLog, type JsonObject, UnitOfWork } from "@crmessenger/kernel/infrastructure";
import { memory } from "@crmessenger/memory";
import { sales } from "@crmessenger/sales";
import { type TestKernel, createTestKernel } from "@crmessenger/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { http } from "../src/index.ts";
import { problemOf } from "./support/start-app.ts";

/** Two clients of one application: one was written for version 1 of the API, the other for version 2. */
let kernel: TestKernel;
let token: string;

beforeAll(async () => {
  kernel = await createTestKernel({ plugins: [http({ port: 0 }), iam(), sales(), communication(), memory()] });
  const credentials = { email: "owner@example.org", name: "Olga" };
  const { password } = await kernel.run(() => seedOwner(kernel, credentials));
  ({ token } = await ok<{ token: string }>("POST", "/api/v2/sign-in", { email: credentials.email, password }));
});
afterAll(() => kernel.stop());

interface Lead {
  readonly id: string;
  readonly status: string;
  readonly statusChangedAt?: string;
  readonly statusSince?: string;
  readonly statusReason?: string | null;
}

function call(method: string, path: string, json?: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(kernel.get(HttpServer).url + path, {
    method,
    headers: {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(json === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  });
}

async function ok<T>(...request: Parameters<typeof call>): Promise<T> {
  const response = await call(...request);
  const text = await response.text();
  expect(`${response.status} ${text}`).toMatch(/^20[01] /);
  return JSON.parse(text) as T;
}

async function draft(title = "Coffee") {
  const { contact } = await ok<{ contact: { id: string } }>("POST", "/api/v1/contacts", { name: "Ada" });
  return { title, contactId: contact.id, source: { channel: "web" } };
}

const criteria = (value: unknown) => encodeURIComponent(JSON.stringify(value));

describe("a client of version 1", () => {
  it("gets and gives leads as they were in version 1", async () => {
    const lead = await ok<Lead>("POST", "/api/v1/leads", await draft());
    expect(lead.statusChangedAt).toMatch(/^\d{4}-/);
    expect(lead).not.toHaveProperty("statusSince");
    expect(lead).not.toHaveProperty("statusReason");
    expect(await ok("GET", `/api/v1/leads/${lead.id}`)).toEqual(lead);
    const moved = await ok<Lead>("POST", `/api/v1/leads/${lead.id}/status`, { status: "in-progress" });
    expect(Object.keys(moved).toSorted()).toEqual(Object.keys(lead).toSorted());
    const { statusChangedAt, ...same } = moved;
    expect(await ok("GET", `/api/v2/leads/${lead.id}`)).toEqual({
      ...same,
      statusSince: statusChangedAt,
      statusReason: null,
    });
  });

  it("finds leads by the fields of version 1, and pages on", async () => {
    const made = [];
    for (const title of ["Paging", "Paging", "Paging"])
      made.push(await ok<Lead>("POST", "/api/v1/leads", await draft(title)));
    const since = {
      op: "and",
      all: [
        { op: "eq", field: "title", value: "Paging" },
        { op: "gte", field: "statusChangedAt", value: made[0]?.statusChangedAt },
        { op: "not", criteria: { op: "isNull", field: "statusChangedAt" } },
      ],
    };
    const query = `limit=2&criteria=${criteria(since)}`;
    const first = await ok<{ items: Lead[]; next: string }>("GET", `/api/v1/leads?${query}`);
    const rest = await ok<{ items: Lead[] }>("GET", `/api/v1/leads?${query}&after=${encodeURIComponent(first.next)}`);
    expect([...first.items, ...rest.items]).toEqual(made.toReversed());
    const before = { op: "lt", field: "statusChangedAt", value: "2001-01-01T00:00:00.000Z" };
    expect(await ok("GET", `/api/v1/leads?criteria=${criteria(before)}`)).toEqual({ items: [] });
  });

  it("may repeat in version 2 what it asked for in version 1", async () => {
    const input = await draft();
    const key = { "idempotency-key": "across-versions" };
    const { statusChangedAt, ...lead } = await ok<Lead>("POST", "/api/v1/leads", input, key);
    const again = await ok<Lead>("POST", "/api/v2/leads", input, key);
    expect(again).toEqual({ ...lead, statusSince: statusChangedAt, statusReason: null });
  });
});

describe("a client of version 2", () => {
  it("says why a lead moved, and a client of version 1 does not see it", async () => {
    const { id } = await ok<Lead>("POST", "/api/v2/leads", await draft());
    const input = { status: "disqualified", reason: "Bought elsewhere" };
    const moved = await ok<Lead>("POST", `/api/v2/leads/${id}/status`, input);
    expect(moved).toMatchObject({ status: "disqualified", statusReason: "Bought elsewhere" });
    expect(await ok("GET", `/api/v1/leads/${id}`)).not.toHaveProperty("statusReason");
    const wanted = { op: "eq", field: "statusReason", value: "Bought elsewhere" };
    expect(await ok("GET", `/api/v2/leads?criteria=${criteria(wanted)}`)).toEqual({ items: [moved] });
  });

  it("finds everything there that has no second version", async () => {
    expect(await ok("GET", "/api/v2/me")).toEqual(await ok("GET", "/api/v1/me"));
    expect((await call("GET", "/api/v2/files/none")).status).toBe(404);
  });
});

it("a version that there is not is a problem that names those there are", async () => {
  for (const path of ["/api/v9/leads", "/api/v3", "/api/v0/me"]) {
    expect(await problemOf(await call("GET", path))).toMatchObject({
      status: 404,
      code: "CRM_HTTP_API_VERSION",
      detail: expect.stringContaining("It has v1 and v2: use /api/v2.") as string,
      details: { asked: path.split("/")[2], versions: ["v1", "v2"] },
    });
  }
});

describe("the OpenAPI document", () => {
  interface Document {
    readonly info: object;
    readonly paths: Record<string, Record<string, { "x-version": number; responses: object; requestBody?: object }>>;
  }

  it("tells of each version what it offers", async () => {
    for (const version of [1, 2]) {
      const { info, paths } = await ok<Document>("GET", `/api/v${version}/openapi.json`);
      expect(info).toMatchObject({ "x-api-version": version });
      const prefixes = Object.keys(paths).map((path) => path.split("/").slice(0, 3).join("/"));
      expect(new Set(prefixes)).toEqual(new Set([`/api/v${version}`, "/health", "/ready"]));
      const change = paths[`/api/v${version}/leads/{id}/status`]?.["post"];
      expect(change?.["x-version"]).toBe(version);
      expect(paths[`/api/v${version}/contacts`]?.["post"]?.["x-version"]).toBe(1);
      expect(JSON.stringify(change?.responses).includes("statusChangedAt")).toBe(version === 1);
      expect(JSON.stringify(change?.responses).includes("statusReason")).toBe(version === 2);
      expect(JSON.stringify(change?.requestBody).includes("reason")).toBe(version === 2);
    }
  });
});

describe("the event stream", () => {
  interface Event {
    readonly position: number;
    readonly version: number;
    readonly payload: { readonly lead: Lead };
  }

  /** The lead events of a stream up to a position. */
  async function eventsOf(path: string, until: number): Promise<readonly Event[]> {
    const aborter = new AbortController();
    const { url } = kernel.get(HttpServer);
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(url + path, { headers, signal: aborter.signal });
    expect(response.status).toBe(200);
    const decoder = new TextDecoder();
    let text = "";
    let events: readonly Event[] = [];
    for await (const chunk of response.body as ReadableStream<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true });
      const complete = text.slice(0, text.lastIndexOf("\n\n"));
      events = [...complete.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data ?? "") as Event);
      if (events.some(({ position }) => position >= until)) break;
    }
    aborter.abort();
    return events;
  }

  /** What an application wrote into the log while leads were in version 1. */
  async function recordOldEvent(lead: Lead): Promise<void> {
    const { statusSince, statusReason: _, ...same } = lead;
    const payload = { lead: { ...same, statusChangedAt: statusSince } } as unknown as JsonObject;
    const event = {
      id: "01a1f7c3-fcd9-7001-8afc-2804626baf55",
      topic: "lead.updated",
      version: 1,
      aggregate: { type: "lead", id: lead.id },
      payload,
      tenantId: "default",
      actor: systemActor,
      correlationId: "01a1f7c3-fcd9-7001-8afc-2804626baf56",
      causationId: null,
      occurredAt: "2026-01-05T09:00:00.000Z",
    };
    await kernel.run(() => kernel.get(UnitOfWork).run(() => kernel.get(EventLog).append([event])));
  }

  it("comes in the version of the API, old entries and new ones, or in the versions that were asked for", async () => {
    const after = await kernel.run(() => kernel.get(EventLog).head());
    const lead = await ok<Lead>("POST", "/api/v2/leads", await draft());
    await recordOldEvent(lead);
    const until = await kernel.run(() => kernel.get(EventLog).head());
    const { statusSince, statusReason: _, ...same } = lead;
    const inV1 = { version: 1, payload: { lead: { ...same, statusChangedAt: statusSince } } };
    const inV2 = { version: 2, payload: { lead } };
    const query = `?topics=lead.created,lead.updated&after=${after}`;
    expect(await eventsOf(`/api/v1/events${query}`, until)).toMatchObject([inV1, inV1]);
    expect(await eventsOf(`/api/v2/events${query}`, until)).toMatchObject([inV2, inV2]);
    expect(await eventsOf(`/api/v2/events${query}&versions=lead.created@1`, until)).toMatchObject([inV1, inV2]);
    expect(await eventsOf(`/api/v1/events${query}&versions=lead.created@1,lead.updated@2`, until)).toMatchObject([
      inV1,
      inV2,
    ]);
  });

  it.each([
    ["lead.created@3", "There is no version 3 of lead.created: this application has 1, 2."],
    ["lead.created@0", "There is no version 0 of lead.created"],
    ["lead.unknown@1", '"lead.unknown@1" is none of this application'],
    ["lead.created", '"lead.created" is none of this application'],
    ["lead.created@1,", '"" is none of this application'],
  ])("refuses the choice %s, and says what is possible", async (choice, detail) => {
    expect(await problemOf(await call("GET", `/api/v1/events?versions=${choice}`))).toMatchObject({
      status: 400,
      code: "CRM_HTTP_BAD_REQUEST",
      detail: expect.stringContaining(detail) as string,
    });
  });
});
