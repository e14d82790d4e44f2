import { http } from "@crmessenger/http";
import { iam } from "@crmessenger/iam";
import { HttpServer } from "@crmessenger/kernel/http";
import { Authenticator, CreateUser, ListRoles, SaveRole } from "@crmessenger/kernel/iam";
import { memory } from "@crmessenger/memory";
import { sales } from "@crmessenger/sales";
import { type TestKernel, createTestKernel } from "@crmessenger/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { customFields } from "../src/index.ts";

let kernel: TestKernel;
const tokens = { owner: "", manager: "", watcher: "" };

beforeAll(async () => {
  kernel = await createTestKernel({ plugins: [memory(), iam(), sales(), http({ port: 0 }), customFields()] });
  const grants = ["infrastructure.event.read", "sales.*"].map((permission) => ({ permission, scope: "all" as const }));
  await kernel.bus.dispatch(SaveRole, { name: "watcher", grants });
  const roles = await kernel.bus.ask(ListRoles, {});
  for (const name of ["owner", "manager", "watcher"] as const) {
    const [email, password] = [`${name}@example.com`, "correct horse battery staple"];
    const roleIds = roles.items.flatMap((role) => (role.name === name ? [role.id] : []));
    const about = { name, roleIds, teamIds: [], timeZone: "UTC", locale: "en" };
    await kernel.bus.dispatch(CreateUser, { ...about, email, password });
    tokens[name] = (await kernel.run(() => kernel.get(Authenticator).signIn({ email, password }))).token;
  }
});
afterAll(() => kernel.stop());

async function call(who: keyof typeof tokens, method: string, path: string, body?: object) {
  const response = await fetch(`${kernel.get(HttpServer).url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${tokens[who]}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

test("an owner defines fields, a manager fills them in, finds by them and sees what managers may see", async () => {
  const definition = (name: string, more: object = {}) => ({
    definition: { name, label: name, type: { kind: "number" }, ...more },
  });
  const size = await call("owner", "POST", "/custom-fields/contact", definition("size", { indexed: true }));
  expect(size).toMatchObject({ status: 201, body: { name: "size", version: 1, group: "" } });
  const permissions = { read: "fields.margin.read", write: "fields.margin.write" };
  await call("owner", "POST", "/custom-fields/contact", definition("margin", { permissions }));
  expect((await call("manager", "POST", "/custom-fields/contact", definition("more"))).status).toBe(403);
  expect((await call("owner", "GET", "/custom-fields/contact")).body["items"]).toHaveLength(2);

  const create = (who: "owner" | "manager", name: string, attributes: object) =>
    call(who, "POST", "/contacts", { name, attributes });
  for (const [name, value] of [
    ["Ada", 2],
    ["Bob", 1],
    ["Cleo", 3],
  ] as const)
    expect((await create("manager", name, { size: value })).status).toBe(201);
  expect((await create("owner", "Dora", { size: 4, margin: 5 })).body).toMatchObject({
    contact: { attributes: { size: 4, margin: 5 } },
  });
  const wrong = await create("manager", "Eve", { size: "big", colour: "red" });
  expect(wrong).toMatchObject({ status: 422, body: { code: "CRM_FIELD_INVALID" } });

  const criteria = JSON.stringify({ op: "gt", field: "attributes.size", value: 1 });
  const sort = JSON.stringify([{ field: "attributes.size", direction: "desc" }]);
  const query = new URLSearchParams({ criteria, sort, limit: "2" });
  const page = await call("manager", "GET", `/contacts?${query}`);
  expect(page.body["items"]).toMatchObject([{ name: "Dora" }, { name: "Cleo" }]);
  expect(JSON.stringify(page.body)).not.toContain("margin");
  query.set("after", String(page.body["next"]));
  expect((await call("manager", "GET", `/contacts?${query}`)).body["items"]).toMatchObject([{ name: "Ada" }]);

  const schema = await call("manager", "GET", "/custom-field-schemas/contact");
  expect(Object.keys(schema.body["properties"] as object)).toEqual(["size"]);
  expect((await call("manager", "GET", "/custom-field-forms/contact")).body).toMatchObject({
    groups: [{ fields: [{ field: { name: "size" }, readOnly: false }] }],
  });
  expect((await call("owner", "GET", "/custom-field-indexes/contact")).status).toBe(200);
  expect((await call("owner", "GET", "/custom-fields/nothing")).body).toMatchObject({ code: "CRM_FIELD_ENTITY" });
});

test("a stream of events holds no value that its reader may not read", async () => {
  expect(await eventsUntil("watcher", "Dora")).toContain('"attributes":{"size":4}');
  expect(await eventsUntil("owner", "Dora")).toContain('"attributes":{"size":4,"margin":5}');
});

/** What a reader gets of the log, up to an event about somebody. */
async function eventsUntil(who: keyof typeof tokens, name: string): Promise<string> {
  const aborter = new AbortController();
  const { body } = await fetch(`${kernel.get(HttpServer).url}/api/v1/events?topics=contact.created&after=0`, {
    headers: { authorization: `Bearer ${tokens[who]}` },
    signal: aborter.signal,
  });
  let text = "";
  for await (const chunk of (body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.includes(name)) break;
  }
  aborter.abort();
  return text;
}
