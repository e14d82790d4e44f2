import { once } from "node:events";
import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Plugin } from "@crmessenger/kernel";
import type { AccessSubject } from "@crmessenger/kernel/iam";
import { type Clock, systemClock } from "@crmessenger/kernel/infrastructure";
import { createTestClock, createTestKernel } from "@crmessenger/testing";
import { expect, it, onTestFinished } from "vitest";
import { HttpHandler, type RequestHandler, type RequestHandlerOptions, http, requestHandler } from "../src/index.ts";
import { deskPlugin } from "./support/desk.ts";
import { Doorman, doormanPlugin } from "./support/doorman.ts";
import { Ledger, ledgerPlugin } from "./support/ledger.ts";
import { problemOf } from "./support/start-app.ts";

async function listen(handle: RequestHandler): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer((request, response) => handle(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

interface EmbedOptions {
  readonly plugins?: readonly Plugin[];
  readonly clock?: Clock;
}

/** A server of somebody else that knows its users by a header, with the kernel inside. */
async function embed(subjectOf: RequestHandlerOptions["subjectOf"], options: EmbedOptions = {}) {
  const { plugins = [doormanPlugin(new Doorman())], clock = systemClock } = options;
  const ledger = new Ledger();
  const kernel = await createTestKernel({
    plugins: [http({ listen: false }), ledgerPlugin(ledger), deskPlugin(), ...plugins],
    clock,
  });
  onTestFinished(() => kernel.stop());
  return { kernel, ledger, ...(await listen(requestHandler(kernel, subjectOf ? { subjectOf } : {}))) };
}

const clerk: AccessSubject = { kind: "user", id: "clerk", tenantId: "north", roles: [], teams: [] };
const bearer = { authorization: "Bearer owner" };

it("acts as the subject that the server names, whatever token comes along", async () => {
  const { url } = await embed(() => clerk);
  const whoAmI = await fetch(`${url}/api/v1/context`, { headers: bearer });
  expect(await whoAmI.json()).toMatchObject({ actor: { kind: "user", id: "clerk" }, tenantId: "north" });
});

it("falls back to the token where the server knows nobody", async () => {
  const { url } = await embed(async () => undefined);
  const whoAmI = await fetch(`${url}/api/v1/context`, { headers: bearer });
  expect(await whoAmI.json()).toMatchObject({ actor: { kind: "user", id: "owner" } });
  expect(await problemOf(await fetch(`${url}/api/v1/context`))).toMatchObject({ status: 401 });
});

it("needs no Authenticator of its own then", async () => {
  const { url } = await embed((request) => (request.headers["x-user"] === "clerk" ? clerk : undefined), {
    plugins: [],
  });
  expect((await fetch(`${url}/api/v1/context`, { headers: { "x-user": "clerk" } })).status).toBe(200);
  expect(await problemOf(await fetch(`${url}/api/v1/context`))).toMatchObject({ status: 501 });
});

it("answers with a failure of ours when the server can't tell", async () => {
  const { url, kernel } = await embed(() => Promise.reject(new Error("the session store is away: hunter2")));
  const problem = await problemOf(await fetch(`${url}/api/v1/context`, { headers: bearer }));
  expect(problem.status).toBe(500);
  expect(JSON.stringify(problem)).not.toContain("hunter2");
  expect(kernel.log.lines.filter(({ level }) => level === "error")).toHaveLength(1);
});

it("asks again while an event stream is open, which ends with the session", async () => {
  const clock = createTestClock();
  let signedIn: AccessSubject | undefined = { ...clerk, tenantId: "default" };
  const { url, ledger } = await embed(() => signedIn, { clock });
  const stream = await fetch(`${url}/api/v1/events`);
  await expect.poll(() => ledger.watchers).toBe(1);
  signedIn = undefined;
  await clock.advance(15_000);
  await stream.text();
  expect(ledger.watchers).toBe(0);
});

it("ends event streams and refuses what comes, when it is closed before the kernel stops", async () => {
  const { url, kernel } = await embed(() => ({ ...clerk, tenantId: "default" }));
  const stream = await fetch(`${url}/api/v1/events`);
  expect(stream.status).toBe(200);
  kernel.get(HttpHandler).close();
  await stream.text();
  expect(await problemOf(await fetch(`${url}/api/v1/context`))).toMatchObject({ code: "CRM_HTTP_CLOSED" });
  await kernel.stop();
});
