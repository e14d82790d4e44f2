import { isCrmError } from "@crmessenger/kernel";
import { eventually } from "@crmessenger/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type TelegramSandboxOptions } from "@crmessenger/sandbox/telegram";
import { ACCOUNT_ID, stepOf, TestAccount } from "../telegram-account.test.support.ts";

let shop: TestAccount;
async function start(options: TelegramSandboxOptions = {}): Promise<void> {
  shop = await TestAccount.create(options);
}
beforeEach(() => start());
afterEach(() => shop.close());

async function restartWith(options: TelegramSandboxOptions): Promise<void> {
  await shop.close();
  await start(options);
}

test("a QR code is shown, scanned, and the account is logged in", async () => {
  const account = shop.sandbox.addAccount({ firstName: "Shop", lastName: "One", phone: "+15550001" });
  const flow = await shop.login("qr");
  const shown = await stepOf(flow, "show-qr");
  expect(Date.parse(shown.expiresAt)).toBeGreaterThan(Date.now() + 20_000);
  await account.scan(shown.text);
  const done = await flow.next(shown.sequence);
  expect(done).toMatchObject({ kind: "done", externalId: String(account.id), displayName: "Shop One" });
  // Who asks late is told how it ended, and nothing is open any more.
  expect(await flow.next(99)).toEqual(done);
  await eventually(() => expect(shop.sandbox.connections).toBe(0));
  await shop.connect();
  expect(shop.channel.state()).toEqual({ status: "connected", reason: "" });
  expect(account.sessions()).toMatchObject([{ deviceModel: "CRMessenger", connections: 1 }]);
});

test("a code is replaced before it expires, and the new one works", async () => {
  await restartWith({ loginTokenLifetimeMs: 2_000 });
  const account = shop.sandbox.addAccount({ firstName: "Shop", phone: "+15550001" });
  const flow = await shop.login("qr");
  const first = await stepOf(flow, "show-qr");
  const second = await stepOf(flow, "show-qr", first.sequence);
  expect(second.text).not.toBe(first.text);
  await expect(account.scan(first.text)).rejects.toThrow("stale");
  await account.scan(second.text);
  await stepOf(flow, "done", second.sequence);
});

test("a scan that Telegram did not tell of is noticed with the next code", async () => {
  await restartWith({ loginTokenLifetimeMs: 2_000 });
  const account = shop.sandbox.addAccount({ firstName: "Shop", phone: "+15550001" });
  const flow = await shop.login("qr");
  const shown = await stepOf(flow, "show-qr");
  shop.sandbox.faults.set({ dropUpdateRate: 1 });
  await account.scan(shown.text);
  await stepOf(flow, "done", shown.sequence);
});

test("a login goes on over a new connection", async () => {
  const account = shop.sandbox.addAccount({ firstName: "Shop", phone: "+15550001" });
  const flow = await shop.login("qr");
  const first = await stepOf(flow, "show-qr");
  shop.sandbox.disconnectAll();
  const second = await stepOf(flow, "show-qr", first.sequence);
  await account.scan(second.text);
  await stepOf(flow, "done", second.sequence);
});

test("the password is asked with its hint until it is right", async () => {
  const account = shop.sandbox.addAccount({
    firstName: "Shop",
    phone: "+15550001",
    password: "hunter2",
    passwordHint: "game",
  });
  const flow = await shop.login("qr");
  const shown = await stepOf(flow, "show-qr");
  await expect(flow.submit({ password: "early" })).rejects.toMatchObject({ code: "CRM_LOGIN_NOT_ASKED" });
  await account.scan(shown.text);
  const asked = await stepOf(flow, "ask", shown.sequence);
  expect(asked.fields).toEqual([{ name: "password", label: "Telegram password (hint: game)", secret: true }]);
  expect(asked.problem).toBeUndefined();
  await flow.submit({ password: "wrong" });
  const again = await stepOf(flow, "ask", asked.sequence);
  expect(again.problem).toBe("The password is wrong.");
  await flow.submit({});
  const empty = await stepOf(flow, "ask", again.sequence);
  expect(empty.problem).toBe("The password is empty.");
  await flow.submit({ password: "hunter2" });
  expect(await stepOf(flow, "done", empty.sequence)).toMatchObject({ externalId: String(account.id) });
});

test("an account of another data centre is logged in there, with and without a password", async () => {
  const plain = shop.sandbox.addAccount({ firstName: "Four", phone: "+15550004", homeDc: 4 });
  await shop.connectAs(plain);
  expect(shop.channel.state().status).toBe("connected");
  await shop.disconnect();
  shop.ledger.externalId = null;
  const guarded = shop.sandbox.addAccount({ firstName: "Five", phone: "+15550005", homeDc: 5, password: "secret" });
  const flow = await shop.login("qr");
  const shown = await stepOf(flow, "show-qr");
  await guarded.scan(shown.text);
  const asked = await stepOf(flow, "ask", shown.sequence);
  await flow.submit({ password: "secret" });
  expect(await stepOf(flow, "done", asked.sequence)).toMatchObject({ displayName: "Five" });
});

test("a login can be cancelled at any point, twice too", async () => {
  const account = shop.sandbox.addAccount({ firstName: "Shop", phone: "+15550001", password: "hunter2" });
  const flow = await shop.login("qr");
  const shown = await stepOf(flow, "show-qr");
  await flow.cancel();
  await flow.cancel();
  expect(await flow.next(shown.sequence)).toMatchObject({ kind: "failed", code: "CRM_LOGIN_CANCELLED" });
  const second = await shop.login("qr");
  await account.scan((await stepOf(second, "show-qr")).text);
  const asked = await stepOf(second, "ask");
  await second.cancel();
  expect(await second.next(asked.sequence)).toMatchObject({ kind: "failed", code: "CRM_LOGIN_CANCELLED" });
  await eventually(() => expect(shop.sandbox.connections).toBe(0));
  expect(shop.secrets.rows.size).toBe(0);
});

test("waiting for a step can be given up", async () => {
  const flow = await shop.login("qr");
  const shown = await stepOf(flow, "show-qr");
  const patience = new AbortController();
  const waiting = flow.next(shown.sequence, patience.signal);
  patience.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
  await flow.cancel();
});

test("a bot token is asked until it is right", async () => {
  const bot = shop.sandbox.addBot({ token: "42:secret", firstName: "Robot", username: "robot_bot" });
  const flow = await shop.login("bot-token");
  let step = await stepOf(flow, "ask");
  expect(step.fields).toMatchObject([{ name: "token", secret: true }]);
  await flow.submit({ token: "nonsense" });
  step = await stepOf(flow, "ask", step.sequence);
  expect(step.problem).toContain("123456:ABC-DEF");
  await flow.submit({ token: "42:wrong" });
  step = await stepOf(flow, "ask", step.sequence);
  expect(step.problem).toBe("Telegram does not know this bot token.");
  await flow.submit({ token: ` ${bot.token} ` });
  expect(await stepOf(flow, "done", step.sequence)).toMatchObject({ externalId: "42", displayName: "Robot" });
});

test("an unknown way to log in is refused with the known ones", async () => {
  await expect(shop.login("sms")).rejects.toMatchObject({ code: "CRM_CHANNEL_LOGIN_METHOD", status: 422 });
});

test("a login says when Telegram can't be reached", async () => {
  await shop.sandbox.close();
  const flow = await shop.login("qr");
  expect(await flow.next(1)).toMatchObject({ kind: "failed", code: "CRM_TELEGRAM_UNREACHABLE" });
});

test("the same user goes on where the log was left, another one is sent away", async () => {
  const owner = shop.sandbox.addAccount({ firstName: "First", phone: "+15550001" });
  const stranger = shop.sandbox.addAccount({ firstName: "Second", phone: "+15550002" });
  const customer = shop.sandbox.addCustomer({ firstName: "Alice" });
  await shop.connectAs(owner);
  owner.revokeSessions();
  await eventually(() => expect(shop.channel.state().status).toBe("needs-login"));
  await customer.send(owner, { text: "while logged out" });
  await shop.disconnect();
  const flow = await shop.login("qr");
  await stranger.scan((await stepOf(flow, "show-qr")).text);
  await eventually(async () =>
    expect(await flow.next(0)).toMatchObject({ kind: "failed", code: "CRM_TELEGRAM_ANOTHER_USER" }),
  );
  expect(stranger.sessions()).toEqual([]);
  await shop.connectAs(owner);
  await eventually(() => expect(shop.ledger.texts()).toEqual(["while logged out"]));
});

test("logging out ends the login at Telegram and forgets it, connected or not", async () => {
  const account = shop.sandbox.addAccount({ firstName: "Shop", phone: "+15550001" });
  await shop.connectAs(account);
  await shop.provider.logout(shop.host());
  expect(account.sessions()).toEqual([]);
  expect(shop.secrets.rows.size).toBe(0);
  await shop.connectAs(account);
  await shop.disconnect();
  await shop.provider.logout(shop.host());
  expect(account.sessions()).toEqual([]);
  await shop.connect();
  expect(shop.channel.state().status).toBe("needs-login");
  await shop.connectAs(account);
  await shop.sandbox.close();
  await shop.provider.logout(shop.host());
  expect(shop.secrets.rows.size).toBe(0);
});

test("a damaged login is said to be damaged", async () => {
  const account = shop.sandbox.addAccount({ firstName: "Shop", phone: "+15550001" });
  await shop.connectAs(account);
  await shop.disconnect();
  shop.secrets.rows.set(`telegram/${ACCOUNT_ID}/login`, { value: Buffer.from("{oops"), version: 9 });
  const failure = await shop.connect().catch((error: unknown) => error);
  expect(isCrmError(failure, "CRM_TELEGRAM_SESSION_DAMAGED")).toBe(true);
});
