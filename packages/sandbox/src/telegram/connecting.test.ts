import { connect } from "node:net";
import { once } from "node:events";
import { Api } from "telegram";
import { afterEach, beforeEach, expect, test } from "vitest";
import { collectUpdates, createClient, logIn, rpcErrorOf, soon } from "./gramjs-client.test.support.ts";
import { startTelegramSandbox, type TelegramSandbox } from "./index.ts";

let telegram: TelegramSandbox;
let problems: Error[];
beforeEach(async () => {
  problems = [];
  telegram = await startTelegramSandbox({ onProblem: (problem) => problems.push(problem) });
});
afterEach(() => telegram.close());

test("a client agrees on a key, finds the salt and gets the configuration", async () => {
  const client = createClient(telegram);
  await client.connect();
  const config = await client.invoke(new Api.help.GetConfig());
  expect(config.thisDc).toBe(2);
  expect(config.dcOptions[0]).toMatchObject({ ipAddress: "127.0.0.1", port: telegram.dataCentre.port });
  expect(telegram.connections).toBe(1);
  expect(await rpcErrorOf(client.invoke(new Api.updates.GetState()))).toBe("AUTH_KEY_UNREGISTERED");
  await client.destroy();
  await soon(() => expect(telegram.connections).toBe(0));
  expect(problems).toEqual([]);
});

test("a login outlives connections and clients", async () => {
  const account = telegram.addAccount({ firstName: "Shop", phone: "+15550001" });
  const first = await logIn(telegram, account);
  const session = String(first.session.save());
  telegram.disconnectAll();
  await first.getMe();
  await first.destroy();
  const second = createClient(telegram, session);
  await second.connect();
  expect(await second.checkAuthorization()).toBe(true);
  expect(account.sessions()).toMatchObject([{ deviceModel: "test", apiId: 4711, connections: 1 }]);
  await second.destroy();
  expect(problems).toEqual([]);
});

test("something that is not MTProto is hung up on", async () => {
  const { host, port } = telegram.dataCentre;
  const socket = connect(port, host);
  socket.write("GET / HTTP/1.1\r\n\r\n");
  await once(socket, "close");
  expect(problems[0]?.message).toContain("broke the protocol");
  expect(telegram.connections).toBe(0);
});

test("a method that is not offered is refused and reported", async () => {
  const client = await logIn(telegram, telegram.addAccount({ firstName: "Shop", phone: "+15550001" }));
  expect(await rpcErrorOf(client.invoke(new Api.help.GetNearestDc()))).toBe("METHOD_INVALID");
  expect(problems[0]?.message).toContain("help.GetNearestDc");
  await client.destroy();
});

test("updates are pushed to every login of the account, not to the one that wrote", async () => {
  const account = telegram.addAccount({ firstName: "Shop", phone: "+15550001" });
  const customer = telegram.addCustomer({ firstName: "Alice" });
  const [one, two] = [await logIn(telegram, account), await logIn(telegram, account)];
  const [seenByOne, seenByTwo] = [collectUpdates(one), collectUpdates(two)];
  await customer.send(account, { text: "hello" });
  await soon(() => expect([seenByOne.length, seenByTwo.length]).toEqual([1, 1]));
  await one.invoke(new Api.messages.SendMessage({ peer: customer.id, message: "hi" }));
  await soon(() => expect(seenByTwo.at(-1)).toMatchObject({ className: "UpdateShortMessage", out: true }));
  expect(seenByOne).toHaveLength(1);
  await one.destroy();
  await two.destroy();
});

test("a key used by two clients at a time is invalidated, if wished", async () => {
  const strict = await startTelegramSandbox({ refuseSharedKeys: true });
  const account = strict.addAccount({ firstName: "Shop", phone: "+15550001" });
  const first = await logIn(strict, account);
  const session = String(first.session.save());
  const second = createClient(strict, session);
  expect(await rpcErrorOf(second.connect())).toBe("AUTH_KEY_DUPLICATED");
  expect(await rpcErrorOf(first.getMe())).toBe("AUTH_KEY_DUPLICATED");
  await first.destroy();
  await second.destroy();
  await strict.close();
});

test("the same client coming back is no second client", async () => {
  const strict = await startTelegramSandbox({ refuseSharedKeys: true });
  const account = strict.addAccount({ firstName: "Shop", phone: "+15550001" });
  const first = await logIn(strict, account);
  const session = String(first.session.save());
  strict.disconnectAll();
  await first.getMe();
  await first.destroy();
  const second = createClient(strict, session);
  await second.connect();
  expect(await second.checkAuthorization()).toBe(true);
  await second.destroy();
  await strict.close();
});

test("a taken port is said", async () => {
  await expect(startTelegramSandbox({ port: telegram.dataCentre.port })).rejects.toMatchObject({ code: "EADDRINUSE" });
});
