import { CrmError } from "@crmessenger/kernel";
import { CreateChannelAccount, Logout } from "@crmessenger/kernel/communication";
import { Auditor, EventLog, Secrets } from "@crmessenger/kernel/infrastructure";
import { createGate } from "@crmessenger/testing";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { parseSigningKey, sign } from "../src/index.ts";
import { SecretLogin } from "../src/secret-login.ts";
import { callApi, doorman } from "./support/api.ts";
import { openAccount, providerOf } from "./support/open-account.ts";
import { OtherSystem } from "./support/other-system.ts";
import { type World, messageOf, startWorld } from "./support/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld({ plugins: [doorman()] });
});
afterAll(() => world.kernel.stop());

const SECRET = Buffer.alloc(24, 9).toString("base64");

describe("the way that the README describes", () => {
  it("leads from a new account to a conversation, and the secret is seen nowhere on it", async () => {
    const { kernel } = world;
    const answers: string[] = [];
    const api = async (method: string, path: string, json?: object) => {
      const answer = await callApi(kernel, method, path, json);
      answers.push(answer.text);
      return answer;
    };
    const other = await OtherSystem.start();
    onTestFinished(() => other.stop());
    const settings = { outboundUrl: other.inbox };
    const created = await api("POST", "/channels", { type: "http", name: "Shop", settings });
    expect([created.status, created.body]).toMatchObject([201, { state: { status: "needs-login" } }]);
    const id = created.body["id"] as string;
    const asked = await api("POST", `/channels/${id}/login`);
    expect(asked.body).toMatchObject({ sequence: 1, kind: "ask", fields: [{ name: "secret", secret: true }] });
    const wrong = "correct horse battery staple";
    expect((await api("POST", `/channels/${id}/login/answer`, { values: { secret: wrong } })).status).toBe(200);
    expect((await api("GET", `/channels/${id}/login?after=1`)).body).toMatchObject({
      sequence: 2,
      kind: "ask",
      problem: expect.stringContaining("24 to 64 bytes"),
    });
    await api("POST", `/channels/${id}/login/answer`, { values: { secret: other.secret } });
    expect((await api("GET", `/channels/${id}/login?after=2`)).body).toMatchObject({ kind: "done", externalId: id });
    await world.isIn(id, "connected");

    const body = JSON.stringify({ type: "message", data: messageOf("m-1", "Hello!") });
    const key = parseSigningKey(other.secret) ?? Buffer.alloc(0);
    const received = await fetch(world.hook(id), {
      method: "POST",
      headers: { "content-type": "application/json", ...sign(key, { id: "m-1", at: Date.now(), body }) },
      body,
    });
    const receipt = (await received.json()) as { conversationId: string };
    const parts = [{ type: "text", text: "Good morning" }];
    const queued = await api("POST", `/conversations/${receipt.conversationId}/messages`, { parts });
    expect(queued.status).toBe(202);
    await world.reached(queued.body["id"] as string, "sent");
    expect(other.texts).toEqual(["Good morning"]);

    answers.push((await api("GET", `/channels/${id}`)).text, JSON.stringify(kernel.log.lines));
    await kernel.run(async () => {
      answers.push(JSON.stringify(await kernel.get(EventLog).read({ after: 0 })));
      answers.push(JSON.stringify(await kernel.get(Auditor).history({ type: "channel-account", id })));
    });
    const everything = answers.join("\n");
    for (const shown of ["channel-account.state-changed", "communication.channel.create", "message.queued"])
      expect(everything).toContain(shown);
    const bare = other.secret.replace("whsec_", "");
    for (const hidden of [bare, wrong, Buffer.from(bare, "base64").toString("hex")])
      expect(everything).not.toContain(hidden);
  });
});

describe("the settings of an account", () => {
  it.each([
    ["no address", "somewhere"],
    ["half an address", "https://"],
    ["an address of something else", "ftp://example.org/"],
    ["a user in it", "https://user@example.org/"],
    ["a password in it", "https://:hunter2@example.org/"],
  ])("are refused with %s", async (_, outboundUrl) => {
    const settings = { outboundUrl };
    const { status, body, text } = await callApi(world.kernel, "POST", "/channels", {
      type: "http",
      name: "x",
      settings,
    });
    expect([status, body]).toMatchObject([422, { code: "CRM_CHANNEL_SETTINGS" }]);
    expect(body["detail"]).toContain("outboundUrl");
    expect(text).not.toContain("hunter2");
  });

  it("are refused with something that nobody knows", async () => {
    const input = { type: "http", name: "x", settings: { secret: SECRET }, enabled: true };
    await expect(world.kernel.run(() => world.kernel.bus.dispatch(CreateChannelAccount, input))).rejects.toMatchObject({
      code: "CRM_CHANNEL_SETTINGS",
      message: expect.not.stringContaining(SECRET),
    });
  });
});

describe("a login", () => {
  it("that is cancelled leaves the secret as it was", async () => {
    const { account, write } = await world.connectShop();
    const { kernel } = world;
    await callApi(kernel, "POST", `/channels/${account.id}/login`);
    expect((await write()).status).toBe(503);
    expect((await callApi(kernel, "DELETE", `/channels/${account.id}/login`)).status).toBe(200);
    await world.isIn(account.id, "connected");
    await expect.poll(async () => (await write()).status).toBe(200);
  });

  it("with another secret ends the validity of the first, both ways", async () => {
    const { account, other, hook, write } = await world.connectShop();
    const next = await OtherSystem.start();
    onTestFinished(() => next.stop());
    await world.logIn(account.id, next.secret);
    await expect.poll(async () => (await write()).status).toBe(401);
    const data = { type: "message", data: messageOf("m-1", "Hello!") };
    const { status, body } = await other.post(hook, data, { secret: next.secret });
    expect(status).toBe(200);
    const { id } = await world.sendText(body["conversationId"] as string, "With the new secret");
    await world.reached(id, "failed");
    expect(other.refused).toHaveLength(1);
  });

  it("is needed again after a logout, which forgets the secret", async () => {
    const { account, write } = await world.connectShop();
    const { kernel } = world;
    await kernel.run(() => kernel.bus.dispatch(Logout, { id: account.id }));
    expect((await write()).status).toBe(503);
    await world.isIn(account.id, "needs-login");
    const secrets = kernel.get(Secrets).namespace(`http-channel/${account.id}`);
    expect(await kernel.run(() => secrets.keys())).toEqual([]);
  });

  it("that was ended takes no more requests, though the channel was not disconnected yet", async () => {
    const { host, write } = await openAccount(world);
    await world.kernel.run(() => providerOf(world).logout(host));
    expect((await write()).status).toBe(503);
    expect(host.received).toEqual([]);
  });
});

describe("a login flow by secret", () => {
  it.each([
    ["none", {}],
    ["an empty one", { secret: "" }],
    ["one of 23 bytes", { secret: Buffer.alloc(23).toString("base64") }],
    ["one of 65 bytes", { secret: `whsec_${Buffer.alloc(65).toString("base64")}` }],
    ["one in hexadecimal with a dash", { secret: "00-11".repeat(10) }],
    ["another one's prefix", { secret: `whsk_${SECRET}` }],
  ])("asks again for %s, and stores nothing", async (_, values) => {
    const stored: string[] = [];
    const flow = new SecretLogin("account", async (secret) => void stored.push(secret));
    await flow.submit(values);
    const step = await flow.next(1);
    expect(step).toMatchObject({ sequence: 2, kind: "ask", problem: expect.stringContaining("base64") });
    expect(stored).toEqual([]);
    await flow.submit({ secret: SECRET });
    expect([(await flow.next(2)).kind, stored]).toEqual(["done", [SECRET]]);
  });

  it("goes on when the secret could not be stored, and never tells it", async () => {
    const failures = [new CrmError("CRM_TEST_AWAY", "The database is away.", { status: 503, retryable: true })];
    const flow = new SecretLogin("account", async () => {
      const failure = failures.pop();
      if (failure) throw failure;
    });
    await expect(flow.submit({ secret: SECRET })).rejects.toMatchObject({ code: "CRM_TEST_AWAY" });
    expect(await flow.next(0)).toMatchObject({ sequence: 1, kind: "ask" });
    await flow.submit({ secret: SECRET });
    const done = await flow.next(0);
    expect(done.kind).toBe("done");
    expect(JSON.stringify(done)).not.toContain(SECRET);
  });

  it("asks for nothing while the secret is being stored, and a cancel waits for how that ends", async () => {
    const gate = createGate();
    const flow = new SecretLogin("account", () => gate.opened);
    const submitting = flow.submit({ secret: SECRET });
    await expect(flow.submit({ secret: SECRET })).rejects.toMatchObject({ code: "CRM_LOGIN_NOT_ASKED", status: 409 });
    const next = flow.next(1);
    const cancelling = flow.cancel();
    gate.open();
    await Promise.all([submitting, cancelling]);
    expect(await next).toMatchObject({ sequence: 2, kind: "done" });
    expect(await flow.next(0)).toEqual(await next);
  });

  it("is cancelled when the secret could not be stored", async () => {
    const gate = createGate();
    const flow = new SecretLogin("account", () => gate.opened);
    const away = new Error("The database is away.");
    const submitting = flow.submit({ secret: SECRET }).catch((error: unknown) => error);
    const cancelling = flow.cancel();
    gate.break(away);
    await cancelling;
    expect(await submitting).toBe(away);
    expect(await flow.next(0)).toMatchObject({ kind: "failed", code: "CRM_LOGIN_CANCELLED" });
  });

  it("shows its step to who is gone already, and lets nobody wait who is", async () => {
    const flow = new SecretLogin("account", async () => {});
    const reason = new Error("The browser was closed.");
    expect(await flow.next(0, AbortSignal.abort(reason))).toMatchObject({ sequence: 1 });
    await expect(flow.next(1, AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});
