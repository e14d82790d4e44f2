import { communication } from "@crmessenger/communication";
import { iam, seedOwner } from "@crmessenger/iam";
import { HttpServer } from "@crmessenger/kernel/http";
import { memory } from "@crmessenger/memory";
import { sales } from "@crmessenger/sales";
import { type TestKernel, createTestKernel } from "@crmessenger/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { http } from "../src/index.ts";
import { problemOf } from "./support/start-app.ts";

let kernel: TestKernel;
let owner: string;
let manager: string;

interface Answer {
  readonly [field: string]: never;
}

beforeAll(async () => {
  kernel = await createTestKernel({ plugins: [http({ port: 0 }), iam(), sales(), communication(), memory()] });
  const { password } = await kernel.run(() => seedOwner(kernel, { email: "owner@example.org", name: "Olga" }));
  owner = await signIn("owner@example.org", password ?? "");
});
afterAll(() => kernel.stop());

function call(
  method: string,
  path: string,
  { as = owner, json, headers = {} }: { as?: string; json?: unknown; headers?: Record<string, string> } = {},
): Promise<Response> {
  return fetch(kernel.get(HttpServer).url + path, {
    method,
    headers: {
      ...(as === "" ? {} : { authorization: `Bearer ${as}` }),
      ...(json === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  });
}

async function ok<T = Answer>(response: Promise<Response>, status = 200): Promise<T> {
  const answer = await response;
  const text = await answer.text();
  expect(`${answer.status} ${text}`).toMatch(new RegExp(`^${status} `));
  return JSON.parse(text) as T;
}

async function signIn(email: string, password: string): Promise<string> {
  const { token } = await ok<{ token: string }>(call("POST", "/api/v1/sign-in", { as: "", json: { email, password } }));
  return token;
}

const createContact = (name: string, as = owner) =>
  ok<{ contact: { id: string } }>(call("POST", "/api/v1/contacts", { as, json: { name } }), 201);

describe("the API of a whole application", () => {
  it("lets an owner in, and tells who that is", async () => {
    expect(await ok(call("GET", "/api/v1/me"))).toMatchObject({ email: "owner@example.org", name: "Olga" });
    expect(
      (
        await problemOf(
          await call("POST", "/api/v1/sign-in", {
            as: "",
            json: { email: "owner@example.org", password: "a wrong one" },
          }),
        )
      ).status,
    ).toBe(401);
  });

  it("creates, finds, changes and refuses leads", async () => {
    const { contact } = await createContact("Ada");
    const input = { title: "Coffee", contactId: contact.id, source: { channel: "web" } };
    const headers = { "idempotency-key": "lead-1" };
    const lead = await ok<{ id: string; status: string }>(call("POST", "/api/v1/leads", { json: input, headers }), 201);
    expect(await ok(call("POST", "/api/v1/leads", { json: input, headers }), 201)).toEqual(lead);
    expect(
      (await problemOf(await call("POST", "/api/v1/leads", { json: { ...input, title: "Tea" }, headers }))).code,
    ).toBe("CRM_IDEMPOTENCY_MISMATCH");
    const criteria = JSON.stringify({ op: "eq", field: "title", value: "Coffee" });
    const found = await ok<{ items: { id: string }[] }>(
      call("GET", `/api/v1/leads?limit=5&criteria=${encodeURIComponent(criteria)}`),
    );
    expect(found.items.map(({ id }) => id)).toEqual([lead.id]);
    expect(
      await ok(call("POST", `/api/v1/leads/${lead.id}/status`, { json: { status: "in-progress" } })),
    ).toMatchObject({ status: "in-progress" });
    expect(
      (await problemOf(await call("POST", `/api/v1/leads/${lead.id}/status`, { json: { status: "converted" } })))
        .status,
    ).toBe(409);
    expect((await problemOf(await call("GET", "/api/v1/leads/none"))).status).toBe(404);
    expect((await problemOf(await call("GET", "/api/v1/leads?after=nonsense"))).status).toBe(422);
  });

  it("keeps pipelines, and creates, changes, moves and refuses deals, in every version alike", async () => {
    interface Deal {
      readonly id: string;
    }
    const json = { name: "Coffee", currency: "EUR" };
    const { id: pipelineId } = await ok<{ id: string }>(call("POST", "/api/v1/pipelines", { json }), 201);
    expect((await problemOf(await call("POST", "/api/v1/pipelines", { json }))).code).toBe("CRM_SALES_PIPELINE_TAKEN");
    await ok(call("PATCH", `/api/v1/pipelines/${pipelineId}`, { json: { name: "Coffee and tea" } }));
    expect(await ok(call("GET", "/api/v2/pipelines"))).toMatchObject({ items: [{ name: "Coffee and tea" }] });

    const amount = { amount: "2000", currency: "EUR" };
    const input = { title: "Forty cups", pipelineId, amount };
    const deal = await ok<Deal>(call("POST", "/api/v1/deals", { json: input }), 201);
    expect(deal).toMatchObject({ amount, stageId: "new", closedAt: null, attributes: {} });
    expect(await ok(call("GET", `/api/v2/deals/${deal.id}`))).toEqual(deal);
    const path = `/api/v1/deals/${deal.id}`;
    await ok(call("PATCH", path, { json: { title: "Fifty cups" } }));
    await ok(call("POST", `${path}/assign`, { json: { ownerId: "u1" } }));
    const won = await ok<Deal>(call("POST", `${path}/stage`, { json: { stageId: "won" } }));
    expect(won).toMatchObject({ title: "Fifty cups", ownerId: "u1", closedAt: expect.any(String) as string });
    const criteria = encodeURIComponent(JSON.stringify({ op: "eq", field: "stageId", value: "won" }));
    expect(await ok(call("GET", `/api/v2/deals?criteria=${criteria}`))).toEqual({ items: [won] });

    for (const [wrong, code] of [
      [{ amount: { amount: "1", currency: "USD" } }, "CRM_SALES_AMOUNT"],
      [{ stageId: "lost" }, "CRM_SALES_STAGE"],
      [{ amount: { amount: 2000, currency: "EUR" } }, "CRM_BUS_INVALID_INPUT"],
    ] as const)
      expect(await problemOf(await call("POST", "/api/v2/deals", { json: { ...input, ...wrong } }))).toMatchObject({
        status: 422,
        code,
      });
    expect((await problemOf(await call("GET", "/api/v1/deals/none"))).status).toBe(404);
  });

  it("gives a manager a manager's rights, and a key the key's", async () => {
    const roles = await ok<{ items: { id: string; name: string }[] }>(call("GET", "/api/v1/roles"));
    const roleIds = roles.items.filter(({ name }) => name === "manager").map(({ id }) => id);
    const json = { email: "kim@example.org", name: "Kim", password: "correct horse battery", roleIds };
    const response = await ok(call("POST", "/api/v1/users", { json }), 201);
    expect(JSON.stringify(response)).not.toContain("correct horse");
    manager = await signIn("kim@example.org", "correct horse battery");
    await createContact("Bob", manager);
    expect((await problemOf(await call("GET", "/api/v1/roles", { as: manager }))).status).toBe(403);
    expect((await problemOf(await call("GET", "/api/v1/events", { as: manager }))).status).toBe(403);
    const { key } = await ok<{ key: string }>(
      call("POST", "/api/v1/api-keys", { as: manager, json: { name: "reader", permissions: ["sales.contact.read"] } }),
      201,
    );
    expect((await call("GET", "/api/v1/contacts", { as: key })).status).toBe(200);
    expect((await problemOf(await call("POST", "/api/v1/contacts", { as: key, json: { name: "C" } }))).status).toBe(
      403,
    );
    expect((await problemOf(await call("POST", "/api/v1/files", { as: key }))).status).toBe(403);
  });

  it("lets a manager add a file and fetch it again", async () => {
    const headers = { authorization: `Bearer ${manager}`, "content-type": "image/png", "x-file-name": "a.png" };
    const upload = await fetch(`${kernel.get(HttpServer).url}/api/v1/files`, {
      method: "POST",
      headers,
      body: new Uint8Array([1, 2, 3]),
    });
    const file = (await upload.json()) as { path: string };
    expect([upload.status, file]).toMatchObject([201, { size: 3, mimeType: "image/png", fileName: "a.png" }]);
    const download = await call("GET", `/api/v1/files/${file.path}`, { as: manager, headers: { range: "bytes=1-" } });
    expect([download.status, [...(await download.bytes())]]).toEqual([206, [2, 3]]);
  });

  it("streams what happens, from any position on", async () => {
    const aborter = new AbortController();
    const response = await fetch(`${kernel.get(HttpServer).url}/api/v1/events?topics=contact.created&after=0`, {
      headers: { authorization: `Bearer ${owner}` },
      signal: aborter.signal,
    });
    const { contact } = await createContact("Cleo");
    let text = "";
    for await (const chunk of response.body as ReadableStream<Uint8Array>) {
      text += new TextDecoder().decode(chunk);
      if (text.includes(contact.id)) break;
    }
    aborter.abort();
    expect(text).toContain("event: contact.created");
    expect(text).not.toContain("event: lead.created");
  });

  it("ends a session", async () => {
    expect((await call("POST", "/api/v1/sign-out", { as: manager })).status).toBe(204);
    expect((await problemOf(await call("GET", "/api/v1/contacts", { as: manager }))).status).toBe(401);
  });

  it("survives hostile text in every place", async () => {
    for (const text of ["<script>alert(1)</script>", "'; DROP TABLE leads;--", '😀\n\u202e"\\', "x".repeat(500)]) {
      const { contact } = await createContact(text);
      const found = await ok<{ contact: { name: string } }>(call("GET", `/api/v1/contacts/${contact.id}`));
      expect(found.contact.name).toBe(text);
      expect(
        (await problemOf(await call("GET", `/api/v1/contacts/${encodeURIComponent(text.slice(0, 100))}`))).status,
      ).toBe(404);
    }
  });

  it("is described", async () => {
    const document = await ok<{ paths: Record<string, unknown> }>(call("GET", "/api/v1/openapi.json", { as: "" }));
    expect(Object.keys(document.paths).length).toBeGreaterThan(25);
    expect(kernel.log.lines.filter(({ level }) => level === "error")).toEqual([]);
  });
});
