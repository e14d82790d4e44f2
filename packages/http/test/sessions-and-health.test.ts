import { type Health, definePlugin, optional } from "@crmessenger/kernel";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type App, problemOf, startApp } from "./support/start-app.ts";

let app: App;
let health: Health = { status: "up" };

const patient = definePlugin({ id: "patient", version: "1.0.0", boot: () => ({ health: async () => health }) });
const broken = definePlugin({
  id: "broken",
  version: "1.0.0",
  boot: () => ({ start: () => Promise.reject(new Error("no route to 10.0.0.9")) }),
});

beforeAll(async () => {
  app = await startApp({ plugins: [patient(), optional(broken())] });
});
afterAll(() => app.kernel.stop());

describe("signing in", () => {
  const signIn = (json: unknown) => app.call("POST", "/api/v1/sign-in", { as: null, json });

  it("answers with a token that works until it is signed out", async () => {
    const response = await signIn({ email: "owner@example.com", password: "correct horse" });
    expect(response.status).toBe(200);
    const { token } = (await response.json()) as { token: string };
    expect((await app.call("GET", "/api/v1/notes/1", { as: token })).status).toBe(200);
    const out = await app.call("POST", "/api/v1/sign-out", { as: token });
    expect([out.status, await out.text()]).toEqual([204, ""]);
    expect((await problemOf(await app.call("GET", "/api/v1/notes/1", { as: token }))).status).toBe(401);
    expect((await app.call("POST", "/api/v1/sign-out", { as: token })).status).toBe(204);
  });

  it("refuses wrong credentials, and too many of them with a time to wait", async () => {
    expect(await problemOf(await signIn({ email: "a@b.c", password: "wrong" }))).toMatchObject({
      status: 401,
      code: "CRM_IAM_UNAUTHENTICATED",
    });
    const slow = await signIn({ email: "slow@example.com", password: "wrong" });
    expect(slow.headers.get("retry-after")).toBe("2");
    expect(await problemOf(slow)).toMatchObject({ status: 429, code: "CRM_IAM_TOO_MANY_ATTEMPTS" });
  });

  it("refuses what are no credentials, without repeating them", async () => {
    const response = await signIn({ email: 1, password: "hunter2", more: true });
    const text = await response.clone().text();
    expect(await problemOf(response)).toMatchObject({ status: 422, issues: [{ path: "email" }, { path: "" }] });
    expect(text).not.toContain("hunter2");
    expect((await problemOf(await signIn({ email: "a", password: "x".repeat(5_000) }))).status).toBe(413);
    expect((await problemOf(await app.call("POST", "/api/v1/sign-out", { as: null }))).status).toBe(401);
  });
});

describe("health", () => {
  it("shows strangers how it is, and those who are signed in why", async () => {
    const strange = await app.call("GET", "/health", { as: null });
    const text = await strange.text();
    expect([strange.status, JSON.parse(text)]).toMatchObject([
      200,
      { status: "degraded", plugins: { broken: { status: "down" }, http: { status: "up" } } },
    ]);
    expect(text).not.toContain("10.0.0.9");
    expect(await (await app.call("GET", "/health", { as: "stranger" })).text()).toBe(text);
    expect(await (await app.call("GET", "/health")).json()).toMatchObject({
      plugins: { broken: { reason: expect.stringContaining("10.0.0.9") as string } },
    });
  });

  it("is 503 when a plugin that isn't optional is down", async () => {
    health = { status: "down", reason: "The database is gone." };
    const response = await app.call("GET", "/health", { as: null });
    expect([response.status, ((await response.json()) as { status: string }).status]).toEqual([503, "down"]);
    health = { status: "up" };
    expect((await app.call("GET", "/health")).status).toBe(200);
  });

  it("knows that it is ready", async () => {
    const response = await app.call("GET", "/ready", { as: null });
    expect([response.status, await response.json()]).toEqual([200, { ready: true }]);
  });
});
