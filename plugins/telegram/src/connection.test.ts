import { createServer } from "node:net";
import { once } from "node:events";
import { createKernel } from "@crmessenger/kernel";
import { eventually } from "@crmessenger/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { TelegramAccount, TelegramSandboxOptions } from "@crmessenger/sandbox/telegram";
import { telegram } from "./plugin.ts";
import { TestAccount, text } from "./telegram-account.test.support.ts";

let account: TelegramAccount;
let shop: TestAccount;
async function start(options: TelegramSandboxOptions = {}): Promise<void> {
  shop = await TestAccount.create(options);
  account = shop.sandbox.addAccount({ firstName: "Shop", phone: "+15550001" });
}
beforeEach(() => start());
afterEach(() => shop.close());

test("an account that is not logged in says so", async () => {
  await shop.connect();
  expect(shop.channel.state()).toEqual({ status: "needs-login", reason: "Log in to Telegram to connect." });
  expect(await shop.send(1, text("hi"))).toMatchObject({ outcome: "deferred" });
});

test("the connection comes back by itself, and the state says where it stands", async () => {
  await shop.connectAs(account);
  for (let round = 0; round < 3; round += 1) {
    const before = shop.ledger.states.length;
    shop.sandbox.disconnectAll();
    await eventually(() => expect(shop.ledger.states.length).toBeGreaterThanOrEqual(before + 2));
    await eventually(() => expect(shop.channel.state().status).toBe("connected"));
  }
  expect(shop.ledger.states.some(({ status, reason }) => status === "connecting" && reason.includes("closed"))).toBe(
    true,
  );
  expect(account.sessions()).toHaveLength(1);
});

test("a Telegram that can't be reached is said, and tried again", async () => {
  await shop.connectAs(account);
  await shop.disconnect();
  await shop.sandbox.close();
  await shop.connect();
  expect(shop.channel.state()).toMatchObject({ status: "connecting" });
  expect(shop.channel.state().reason).toContain("ECONNREFUSED");
  await eventually(() => expect(shop.channel.state().status).toBe("degraded"));
});

test("a login that was ended elsewhere asks for another one", async () => {
  for (const how of ["unregistered", "revoked", "destroyed"] as const) {
    await shop.connectAs(account);
    account.revokeSessions(how);
    await eventually(() => expect(shop.channel.state().status).toBe("needs-login"));
    expect(shop.channel.state().reason).toContain("Log in again");
    expect(await shop.send(1, text("hi"))).toMatchObject({ outcome: "deferred", retryAfterMs: 60_000 });
    await shop.disconnect();
    await eventually(() => expect(shop.sandbox.connections).toBe(0));
  }
});

test("a deleted account is blocked", async () => {
  await shop.connectAs(account);
  account.revokeSessions("deactivated");
  await eventually(() => expect(shop.channel.state().status).toBe("blocked"));
});

test("an account runs on one connection; used elsewhere at once, it asks for a new login", async () => {
  await shop.close();
  await start({ refuseSharedKeys: true });
  await shop.connectAs(account);
  for (let round = 0; round < 3; round += 1) {
    shop.sandbox.disconnectAll();
    await eventually(() => expect(shop.channel.state().status).toBe("connected"));
    await shop.disconnect();
    await shop.connect();
    expect(shop.channel.state().status).toBe("connected");
  }
  const twin = shop.provider.open(shop.host());
  await twin.connect();
  expect(twin.state()).toMatchObject({ status: "needs-login", reason: expect.stringContaining("two places") });
  await twin.disconnect();
});

test("losing the lease ends everything", async () => {
  await shop.connectAs(account);
  await shop.loseLease();
  await eventually(() => expect(shop.sandbox.connections).toBe(0));
});

test("a server that takes the connection and says nothing is given up on", async () => {
  const silent = createServer();
  silent.listen(0, "127.0.0.1");
  await once(silent, "listening");
  silent.on("connection", (socket) => setTimeout(() => socket.destroy(), 50));
  await shop.close();
  shop = await TestAccount.create({});
  const { port } = silent.address() as { port: number };
  await shop.boot({ ...shop.sandbox.dataCentre, port });
  const flow = await shop.login("qr");
  expect(await flow.next(1)).toMatchObject({ kind: "failed", code: "CRM_TELEGRAM_UNREACHABLE" });
  silent.close();
});

test("missing and senseless credentials are said at boot", async () => {
  const boot = (environment: Record<string, string>): Promise<unknown> =>
    createKernel({ plugins: [shop.standIns()(), telegram()], environment });
  await expect(boot({})).rejects.toThrow("TELEGRAM_API_HASH");
  await expect(boot({ TELEGRAM_API_HASH: "x" })).rejects.toThrow("TELEGRAM_API_ID");
  await expect(boot({ TELEGRAM_API_HASH: "x", TELEGRAM_API_ID: "abc" })).rejects.toThrow("whole number");
});
