import { Api } from "telegram";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  collectUpdates,
  createClient,
  exportToken,
  logIn,
  qrText,
  rpcErrorOf,
  soon,
} from "./gramjs-client.test.support.ts";
import { startTelegramSandbox, type TelegramSandbox } from "./index.ts";

const CREDENTIALS = { apiId: 1, apiHash: "hash" };
let telegram: TelegramSandbox;
beforeEach(async () => {
  telegram = await startTelegramSandbox();
});
afterEach(() => telegram.close());

test("the phone scans, the client is told and fetches its login", async () => {
  const account = telegram.addAccount({ firstName: "Shop", phone: "+15550001", username: "shop" });
  const client = createClient(telegram);
  await client.connect();
  const updates = collectUpdates(client);
  const token = await exportToken(client);
  expect(token).toBeInstanceOf(Api.auth.LoginToken);
  await account.scan(qrText(token));
  await soon(() => expect(updates.map((update) => update.className)).toContain("UpdateLoginToken"));
  expect(await exportToken(client)).toMatchObject({
    className: "auth.LoginTokenSuccess",
    authorization: { user: { self: true, firstName: "Shop", phone: "15550001", username: "shop" } },
  });
  // Asking again does no harm: the client is logged in.
  expect((await exportToken(client)).className).toBe("auth.LoginTokenSuccess");
  await client.destroy();
});

test("GramJS's own QR login works", async () => {
  const account = telegram.addAccount({
    firstName: "Shop",
    phone: "+15550001",
    password: "hunter2",
    passwordHint: "game",
  });
  const client = createClient(telegram);
  await client.connect();
  const hints: Array<string | undefined> = [];
  const user = await client.signInUserWithQrCode(CREDENTIALS, {
    qrCode: ({ token }) => account.scan(`tg://login?token=${token.toString("base64url")}`),
    password: async (hint) => {
      hints.push(hint);
      return hints.length === 1 ? "wrong" : "hunter2";
    },
    onError: async () => false,
  });
  expect(user).toMatchObject({ firstName: "Shop" });
  expect(hints).toEqual(["game", "game"]);
  await client.destroy();
});

test("with a password, nothing is possible before it is shown", async () => {
  const account = telegram.addAccount({ firstName: "Shop", phone: "+15550001", password: "hunter2" });
  const client = createClient(telegram);
  await client.connect();
  await account.scan(qrText(await exportToken(client)));
  expect(await rpcErrorOf(exportToken(client))).toBe("SESSION_PASSWORD_NEEDED");
  expect(await rpcErrorOf(exportToken(client))).toBe("SESSION_PASSWORD_NEEDED");
  expect(await rpcErrorOf(client.invoke(new Api.updates.GetState()))).toBe("SESSION_PASSWORD_NEEDED");
  const tryPassword = (password: string): Promise<unknown> =>
    client.signInWithPassword(CREDENTIALS, {
      password: async () => password,
      onError: async (error) => {
        throw error;
      },
    });
  expect(await rpcErrorOf(tryPassword("hunter3"))).toBe("PASSWORD_HASH_INVALID");
  expect(await client.checkAuthorization()).toBe(false);
  await tryPassword("hunter2");
  expect(await client.checkAuthorization()).toBe(true);
  await client.destroy();
});

test("a phone refuses codes that are unknown, replaced, used or no code at all", async () => {
  const account = telegram.addAccount({ firstName: "Shop", phone: "+15550001" });
  const client = createClient(telegram);
  await client.connect();
  const stale = qrText(await exportToken(client));
  const fresh = qrText(await exportToken(client));
  await expect(account.scan("https://example.org")).rejects.toThrow("no Telegram login code");
  await expect(account.scan("tg://login?token=AAAA")).rejects.toThrow("AUTH_TOKEN_INVALID");
  await expect(account.scan(stale)).rejects.toThrow("stale");
  await account.scan(fresh);
  await expect(account.scan(fresh)).rejects.toThrow("AUTH_TOKEN_ALREADY_ACCEPTED");
  await client.destroy();
});

test("an expired code is refused, and the client gets another", async () => {
  const strict = await startTelegramSandbox({ loginTokenLifetimeMs: 0 });
  const account = strict.addAccount({ firstName: "Shop", phone: "+15550001" });
  const client = createClient(strict);
  await client.connect();
  const old = qrText(await exportToken(client));
  await expect(account.scan(old)).rejects.toThrow("AUTH_TOKEN_EXPIRED");
  expect(qrText(await exportToken(client))).not.toBe(old);
  await client.destroy();
  await strict.close();
});

test("an account of another data centre is logged in there", async () => {
  const account = telegram.addAccount({ firstName: "Shop", phone: "+15550001", homeDc: 4 });
  const client = createClient(telegram);
  await client.connect();
  await account.scan(qrText(await exportToken(client)));
  const migrate = await exportToken(client);
  if (!(migrate instanceof Api.auth.LoginTokenMigrateTo)) return expect.unreachable(migrate.className);
  expect(migrate.dcId).toBe(4);
  const there = createClient(telegram, "", 4);
  await there.connect();
  const { token } = migrate;
  const login = await there.invoke(new Api.auth.ImportLoginToken({ token }));
  expect(login.className).toBe("auth.LoginTokenSuccess");
  expect(await rpcErrorOf(there.invoke(new Api.auth.ImportLoginToken({ token })))).toBe("AUTH_TOKEN_INVALID");
  await client.destroy();
  await there.destroy();
});

test("a bot logs in with its token", async () => {
  const bot = telegram.addBot({ token: "42:secret", firstName: "Robot", username: "robot_bot" });
  const client = createClient(telegram);
  await client.connect();
  const wrong = client.signInBot(CREDENTIALS, { botAuthToken: "42:other" });
  expect(await rpcErrorOf(wrong)).toBe("ACCESS_TOKEN_INVALID");
  const user = await client.signInBot(CREDENTIALS, { botAuthToken: "42:secret" });
  expect(user).toMatchObject({ bot: true, username: "robot_bot" });
  expect(user.id.toString()).toBe("42");
  expect(bot.sessions()).toHaveLength(1);
  expect(await rpcErrorOf(client.getDialogs())).toBe("BOT_METHOD_INVALID");
  await client.destroy();
  expect(() => telegram.addBot({ token: "nonsense", firstName: "R", username: "r_bot" })).toThrow("<user id>:<secret>");
});

test("a login ends by the client's wish, by the phone's, and by losing the key", async () => {
  const account = telegram.addAccount({ firstName: "Shop", phone: "+15550001" });
  const leaving = await logIn(telegram, account);
  await leaving.invoke(new Api.auth.LogOut());
  expect(await rpcErrorOf(leaving.getMe())).toBe("AUTH_KEY_UNREGISTERED");
  for (const [how, answer] of [
    ["unregistered", "AUTH_KEY_UNREGISTERED"],
    ["revoked", "SESSION_REVOKED"],
    ["deactivated", "USER_DEACTIVATED"],
  ] as const) {
    const client = await logIn(telegram, account);
    account.revokeSessions(how);
    expect(await rpcErrorOf(client.getMe())).toBe(answer);
    expect(account.sessions()).toEqual([]);
    await client.destroy();
  }
  await leaving.destroy();
});

test("a destroyed key gets the transport error -404", async () => {
  const account = telegram.addAccount({ firstName: "Shop", phone: "+15550001" });
  const client = await logIn(telegram, account);
  const states: number[] = [];
  client.addEventHandler((update: { state?: number }) => {
    if (update.state !== undefined) states.push(update.state);
  });
  account.revokeSessions("destroyed");
  // GramJS reports a broken key as the connection state 0 once it has reconnected and asked.
  await soon(() => expect(states).toContain(0));
  await client.destroy();
});

test("people's phones and names are theirs alone", () => {
  telegram.addAccount({ firstName: "Shop", phone: "+1 555 0001", username: "shop" });
  expect(() => telegram.addCustomer({ firstName: "X", phone: "+15550001" })).toThrow("phone");
  expect(() => telegram.addCustomer({ firstName: "X", username: "SHOP" })).toThrow("@SHOP");
});
