import type { Clock } from "@crmessenger/kernel/infrastructure";
import { systemClock } from "@crmessenger/kernel/infrastructure";
import { startWhatsAppSandbox, type BusinessAccount, type WhatsAppSandbox } from "@crmessenger/sandbox/whatsapp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { endpointOf } from "./connection/endpoint.ts";
import { QrLogin } from "./login/qr-login.ts";
import { whatsAppOptions } from "./options.ts";
import { acceptedId, stepOf, TestAccount, TestHost, TestSecrets } from "./test-account.test.fixture.ts";

let whatsapp: WhatsAppSandbox;
let phone: BusinessAccount;
let account: TestAccount;

async function start(options?: Parameters<typeof startWhatsAppSandbox>[0]): Promise<void> {
  whatsapp = await startWhatsAppSandbox(options);
  phone = whatsapp.addAccount({ phone: "+1 555 0100", name: "Bean & Brew" });
  account = new TestAccount(whatsapp, phone);
}

beforeEach(() => start());
afterEach(async () => {
  await account.close();
  await whatsapp.close();
});

describe("a login", () => {
  it("shows a code, stores the device once the code is scanned, and names the account", async () => {
    const flow = await account.provider.login(account.host, "qr");
    expect(await flow.next(0)).toEqual({ sequence: 1, kind: "working" });
    const step = await stepOf(flow, "show-qr");
    expect(step.text).toMatch(/^https:\/\/wa\.me\/settings\/linked_devices#2@/);
    expect(Date.parse(step.expiresAt)).toBeGreaterThan(Date.now());
    await expect(flow.submit({})).rejects.toMatchObject({ code: "CRM_LOGIN_NOT_ASKED", status: 409 });
    await phone.scan(step.text);
    const done = await stepOf(flow, "done");
    expect(done).toMatchObject({ externalId: "+15550100", displayName: "Bean & Brew" });
    expect(await flow.next(done.sequence)).toEqual(done);
    expect(account.host.externalId).toBe("+15550100");
    await account.channel.connect();
    expect(account.channel.state()).toEqual({ status: "connected", reason: "" });
    await flow.cancel();
    expect(await flow.next(done.sequence)).toEqual(done);
  });

  it("takes codes of a new connection when those of one are used up", async () => {
    await whatsapp.close();
    await start({ pairing: { refs: 1 } });
    const flow = await account.provider.login(account.host, "qr");
    const first = await stepOf(flow, "show-qr");
    whatsapp.disconnectAll();
    const second = await flow.next(first.sequence + 1);
    expect(second.kind).toBe("show-qr");
    await expect(phone.scan(first.text)).rejects.toThrow("expired");
    await phone.scan(second.kind === "show-qr" ? second.text : "");
    await stepOf(flow, "done");
  });

  it("goes on with new codes for as long as it takes", async () => {
    await whatsapp.close();
    await start({ pairing: { refs: 1 } });
    const endpoint = endpointOf(whatsAppOptions.parse({ server: whatsapp.server }));
    const parts = { host: account.host, endpoint, secrets: account.secrets, clock: systemClock, qrLifetimeMs: 20 };
    const flow = new QrLogin(parts).start();
    for (let after = 0, shown = 0; shown < 3;) {
      const step = await flow.next(after);
      expect(step.kind).not.toBe("failed");
      after = step.sequence;
      if (step.kind === "show-qr") shown += 1;
    }
    await flow.cancel();
  });

  it("shows a new code when the server retires the secret of the one on screen", async () => {
    await whatsapp.close();
    await start({ pairing: { refreshRegistration: true } });
    const flow = await account.provider.login(account.host, "qr");
    const first = await stepOf(flow, "show-qr");
    await expect(phone.scan(first.text)).rejects.toThrow("new secret");
    const second = await flow.next(first.sequence);
    await phone.scan(second.kind === "show-qr" ? second.text : "");
    await stepOf(flow, "done");
    await account.channel.connect();
    expect(account.channel.state().status).toBe("connected");
  });

  it("is cancelled", async () => {
    const flow = await account.provider.login(account.host, "qr");
    const { text, sequence } = await stepOf(flow, "show-qr");
    const waiting = flow.next(sequence);
    await flow.cancel();
    await flow.cancel();
    expect(await waiting).toMatchObject({ kind: "failed", code: "CRM_LOGIN_CANCELLED" });
    await expect(phone.scan(text)).rejects.toThrow("expired");
    expect(account.secrets.rows.size).toBe(0);
  });

  it("ends when this process has to let go of the account", async () => {
    const flow = await account.provider.login(account.host, "qr");
    const { sequence } = await stepOf(flow, "show-qr");
    account.host.abort.abort(new Error("lost"));
    expect(await flow.next(sequence)).toMatchObject({ kind: "failed", code: "CRM_LOGIN_CANCELLED" });
  });

  it("stops waiting when its caller does", async () => {
    const flow = await account.provider.login(account.host, "qr");
    const { sequence } = await stepOf(flow, "show-qr");
    const impatience = new AbortController();
    const waiting = flow.next(sequence, impatience.signal);
    impatience.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    await expect(flow.next(sequence, impatience.signal)).rejects.toThrow("enough");
    await flow.cancel();
  });

  it("ends by itself when nobody scans", async () => {
    let expire = (): void => undefined;
    const clock: Clock = {
      ...systemClock,
      schedule: (_milliseconds, run) => {
        expire = run;
        return () => undefined;
      },
    };
    const endpoint = endpointOf(whatsAppOptions.parse({ server: whatsapp.server }));
    const flow = new QrLogin({ host: new TestHost(), endpoint, secrets: new TestSecrets(), clock }).start();
    const { sequence } = await stepOf(flow, "show-qr");
    expire();
    expect(await flow.next(sequence)).toMatchObject({ kind: "failed", code: "CRM_LOGIN_EXPIRED" });
  });

  it("fails when WhatsApp can't be reached", async () => {
    await whatsapp.close();
    const clock: Clock = { ...systemClock, sleep: async () => undefined };
    const endpoint = endpointOf(whatsAppOptions.parse({ server: whatsapp.server }));
    const flow = new QrLogin({ host: new TestHost(), endpoint, secrets: new TestSecrets(), clock }).start();
    await expect(stepOf(flow, "show-qr")).rejects.toThrow("CRM_WHATSAPP_UNREACHABLE");
  });

  it("fails with what the database says when the device can't be stored", async () => {
    account.secrets.beforeWrite = () => {
      throw new Error("The disk is full.");
    };
    const flow = await account.provider.login(account.host, "qr");
    await phone.scan((await stepOf(flow, "show-qr")).text);
    await expect(stepOf(flow, "done")).rejects.toThrow("The disk is full.");
  });

  it("is refused by another method", async () => {
    await expect(account.provider.login(account.host, "password")).rejects.toMatchObject({
      code: "CRM_CHANNEL_LOGIN_METHOD",
      status: 422,
    });
  });
});

describe("an account", () => {
  it("that was never linked needs a login", async () => {
    await account.channel.connect();
    expect(account.channel.state()).toMatchObject({ status: "needs-login" });
    expect(await account.text("+15550101", "Hi", "key")).toMatchObject({ outcome: "deferred", retryAfterMs: 30_000 });
  });

  it("that is logged out on the phone needs a login, and gets one", async () => {
    await account.link();
    phone.logOutDevices();
    const { reason } = await account.state("needs-login");
    expect(reason).toContain("QR code");
    expect([...account.secrets.rows.keys()]).toEqual([]);
    await account.close();
    account.channel = account.provider.open(account.host);
    await account.link();
    expect(account.channel.state().status).toBe("connected");
  });

  it("that is linked anew keeps messages not yet accepted", async () => {
    await account.link();
    const alice = whatsapp.addCustomer({ phone: "+15550101", name: "Alice" });
    account.secrets.afterWrite = (rows) => [...rows.keys()].some((key) => key.startsWith("inbox/")) && account.kill();
    const { id } = await alice.send(phone, { text: "Hi" });
    await account.state("stopped");
    phone.logOutDevices();
    account = new TestAccount(whatsapp, phone, account);
    await account.link();
    await account.received(id);
  });

  it("that is used elsewhere stops, so that the two do not fight", async () => {
    await account.link();
    const other = new TestAccount(whatsapp, phone, account);
    await other.channel.connect();
    expect((await account.state("degraded")).reason).toContain("somewhere else");
    expect(other.channel.state().status).toBe("connected");
    await other.close();
  });

  it("that loses its connection comes back by itself", async () => {
    await account.link();
    const alice = whatsapp.addCustomer({ phone: "+15550101", name: "Alice" });
    whatsapp.disconnectAll();
    const { id } = await alice.send(phone, { text: "Still there?" });
    await account.received(id);
    await account.state("connected");
    expect(account.host.states.map((state) => state.status)).toContain("connecting");
    acceptedId(await account.text(alice.lid, "Yes", "key"));
  });

  it("that can't connect says so and goes on trying", async () => {
    await account.link();
    whatsapp.faults.set({ refuseLoginRate: 1 });
    whatsapp.disconnectAll();
    expect((await account.state("degraded")).reason).toContain("503");
    whatsapp.faults.clear();
    await account.state("connected");
  });

  it("logs out at WhatsApp and forgets its device", async () => {
    await account.link();
    await account.provider.logout(account.host);
    expect(phone.devices()).toEqual([]);
    expect(account.secrets.rows.size).toBe(0);
  });

  it("logs out although no channel runs", async () => {
    await account.link();
    await account.close();
    const later = new TestAccount(whatsapp, phone, account);
    await later.provider.logout(later.host);
    expect(phone.devices()).toEqual([]);
    expect(account.secrets.rows.size).toBe(0);
  });
});
