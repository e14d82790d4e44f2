import bigInt from "big-integer";
import { Api, type TelegramClient } from "telegram";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { collectUpdates, createClient, logIn, rpcErrorOf, soon } from "./gramjs-client.test.support.ts";
import { startTelegramSandbox, type TelegramAccount, type TelegramCustomer, type TelegramSandbox } from "./index.ts";

const EXOTIC = [
  "👨‍👩‍👧‍👦 🇺🇳 emoji",
  "שלום עולם — مرحبا \u202Eabc\u202C",
  "first\nsecond\r\n\tthird",
  `"quotes" 'single' \`ticks\` \\ %s`,
  "<script>alert(1)</script> &amp; **bold** _it_",
  "я".repeat(4096),
  "𝄞".repeat(4096),
  "  spaces around  ",
];

let telegram: TelegramSandbox;
let account: TelegramAccount;
let client: TelegramClient;
let customer: TelegramCustomer;
let people = 0;
beforeAll(async () => {
  telegram = await startTelegramSandbox();
  account = telegram.addAccount({ firstName: "Shop", phone: "+15550001", username: "the_shop" });
  client = await logIn(telegram, account);
});
afterAll(async () => {
  await client.destroy();
  await telegram.close();
});
beforeEach(async () => {
  people += 1;
  customer = telegram.addCustomer({ firstName: `Customer ${people}`, username: `customer${people}` });
});

function send(message: string, more: Partial<ConstructorParameters<typeof Api.messages.SendMessage>[0]> = {}) {
  return client.invoke(new Api.messages.SendMessage({ peer: customer.username ?? "", message, ...more }));
}

test("any text arrives unchanged, both ways, in order", async () => {
  const updates = collectUpdates(client);
  for (const text of EXOTIC) await customer.send(account, { text });
  await soon(() => expect(updates).toHaveLength(EXOTIC.length));
  const texts = updates.map((update) => {
    if (update instanceof Api.UpdateNewMessage && update.message instanceof Api.Message) return update.message.message;
    return update.className;
  });
  expect(texts[0]).toBe(EXOTIC[0]);
  const history = await client.invoke(new Api.messages.GetHistory({ peer: customer.id, limit: 100 }));
  if (!(history instanceof Api.messages.Messages)) return expect.unreachable(history.className);
  expect(history.messages.map((message) => (message instanceof Api.Message ? message.message : "")).reverse()).toEqual(
    EXOTIC,
  );
  for (const text of EXOTIC) await send(text);
  const received = customer.inbox(account).filter((message) => message.direction === "in");
  expect(received.map((message) => message.text)).toEqual(EXOTIC);
});

test("the first message brings the user along, further ones are short", async () => {
  const updates = collectUpdates(client);
  await customer.send(account, { text: "one" });
  await customer.send(account, { text: "two" });
  await soon(() => expect(updates).toHaveLength(2));
  expect(updates.map((update) => update.className)).toEqual(["UpdateNewMessage", "UpdateShortMessage"]);
});

test("limits are Telegram's", async () => {
  expect(await rpcErrorOf(send(""))).toBe("MESSAGE_EMPTY");
  expect(await rpcErrorOf(send(" \n "))).toBe("MESSAGE_EMPTY");
  expect(await rpcErrorOf(send("x".repeat(4097)))).toBe("MESSAGE_TOO_LONG");
  expect(customer.inbox(account)).toEqual([]);
  await expect(customer.send(account, { text: "" })).rejects.toThrow("empty");
});

test("ids are counted by each side for itself, over all its chats", async () => {
  const other = telegram.addCustomer({ firstName: "Other" });
  const first = await customer.send(account, { text: "a" });
  const second = await other.send(account, { text: "b" });
  const third = await customer.send(account, { text: "c" });
  expect([first.id, second.id, third.id]).toEqual([1, 1, 2]);
  expect([second.peerMessageId, third.peerMessageId]).toEqual([first.peerMessageId + 1, first.peerMessageId + 2]);
});

test("replies point to the message on each side", async () => {
  const question = await customer.send(account, { text: "what time?" });
  const sent = await send("noon", { replyTo: new Api.InputReplyToMessage({ replyToMsgId: question.peerMessageId }) });
  if (!(sent instanceof Api.UpdateShortSentMessage)) return expect.unreachable(sent.className);
  const answer = customer.inbox(account).at(-1);
  expect(answer).toMatchObject({ text: "noon", replyTo: question.id, peerMessageId: sent.id });
  await customer.send(account, { text: "thanks", replyTo: answer?.id ?? 0 });
  const got = await client.getMessages(customer.id, { limit: 1 });
  expect(got[0]).toMatchObject({ message: "thanks", replyTo: { replyToMsgId: sent.id } });
  const lost = send("?", { replyTo: new Api.InputReplyToMessage({ replyToMsgId: 999_999 }) });
  expect(await rpcErrorOf(lost)).toBe("REPLY_MESSAGE_ID_INVALID");
  await expect(customer.send(account, { text: "?", replyTo: 999_999 })).rejects.toThrow("no message 999999");
});

test("the same random id is not sent twice", async () => {
  const randomId = bigInt("-8888888888888888888");
  await send("once", { randomId });
  expect(await rpcErrorOf(send("once", { randomId }))).toBe("RANDOM_ID_DUPLICATE");
  expect(customer.inbox(account)).toMatchObject([{ text: "once", randomId: randomId.toString() }]);
});

test("both sides learn that they were read", async () => {
  const updates = collectUpdates(client);
  await customer.send(account, { text: "one" });
  const two = await customer.send(account, { text: "two" });
  await client.invoke(new Api.messages.ReadHistory({ peer: customer.username ?? "", maxId: two.peerMessageId }));
  expect((await customer.waitFor((m) => m.readAt !== undefined && m.id === 1, { direction: "out" })).text).toBe("one");
  expect(customer.inbox(account).every((message) => message.readAt !== undefined)).toBe(true);
  await send("three");
  await send("four");
  customer.read(account);
  await soon(() => expect(updates.at(-1)).toMatchObject({ className: "UpdateReadHistoryOutbox" }));
  const receipt = updates.at(-1);
  expect(receipt instanceof Api.UpdateReadHistoryOutbox && receipt.maxId).toBe(two.peerMessageId + 2);
});

test("an automatic reader reads what arrives", async () => {
  const reader = telegram.addCustomer({ firstName: "Reader", username: "quick_reader", autoRead: true });
  const updates = collectUpdates(client);
  await client.sendMessage("quick_reader", { message: "look" });
  await soon(() => expect(updates.at(-1)).toMatchObject({ className: "UpdateReadHistoryOutbox" }));
  expect(reader.inbox(account)).toMatchObject([{ text: "look", direction: "in" }]);
  expect(reader.inbox(account)[0]?.readAt).toBeDefined();
});

test("edits reach the other side", async () => {
  const updates = collectUpdates(client);
  const sent = await client.sendMessage(customer.username ?? "", { message: "draft" });
  await client.editMessage(customer.id, { message: sent.id, text: "final" });
  expect(customer.inbox(account)).toMatchObject([{ text: "final" }]);
  expect(customer.inbox(account)[0]?.editedAt).toBeDefined();
  const own = await customer.send(account, { text: "mine" });
  await customer.edit(own.id, "mine, better");
  await soon(() => expect(updates.at(-1)).toMatchObject({ className: "UpdateEditMessage" }));
  await expect(customer.edit(1, "not mine")).rejects.toThrow("wrote no message 1");
  const foreign = new Api.messages.EditMessage({ peer: customer.id, id: own.peerMessageId, message: "x" });
  expect(await rpcErrorOf(client.invoke(foreign))).toBe("MESSAGE_AUTHOR_REQUIRED");
});

test("typing is seen by the other side", async () => {
  const typing = vi.fn<(userId: number) => void>();
  customer.on("typing", typing);
  const action = new Api.SendMessageTypingAction();
  await client.invoke(new Api.messages.SetTyping({ peer: customer.username ?? "", action }));
  expect(typing).toHaveBeenCalledWith(account.id);
  const updates = collectUpdates(client);
  customer.type(account);
  await soon(() => expect(updates).toMatchObject([{ className: "UpdateUserTyping" }]));
});

test("what the owner writes on the phone reaches logged-in clients", async () => {
  const updates = collectUpdates(client);
  await account.send(customer, { text: "from the phone" });
  await soon(() => expect(updates).toMatchObject([{ message: { message: "from the phone", out: true } }]));
  expect(customer.inbox(account)).toMatchObject([{ direction: "in", text: "from the phone" }]);
});

test("history goes page by page, dialogs by the latest message", async () => {
  for (let index = 1; index <= 7; index += 1) await customer.send(account, { text: String(index) });
  const texts: string[] = [];
  for await (const message of client.iterMessages(customer.username, { limit: 7, waitTime: 0 })) {
    texts.push(message.message);
  }
  expect(texts).toEqual(["7", "6", "5", "4", "3", "2", "1"]);
  const newer = await client.getMessages(customer.id, {
    minId: customer.inbox(account)[4]?.peerMessageId ?? 0,
    limit: 10,
  });
  expect([...newer].map((message) => message.message)).toEqual(["7", "6"]);
  const dialogs = await client.getDialogs({ limit: 1 });
  expect(dialogs[0]?.message?.message).toBe("7");
  expect(dialogs[0]?.unreadCount).toBe(7);
  const [known, unknown] = await client.getMessages(customer.id, { ids: [dialogs[0]?.message?.id ?? 0, 999_999] });
  expect(known?.message).toBe("7");
  expect(unknown).toBeUndefined();
});

test("strangers, wrong access hashes and names nobody has are refused", async () => {
  const stranger = telegram.addCustomer({ firstName: "Stranger" });
  const peer = new Api.InputPeerUser({ userId: bigInt(stranger.id), accessHash: bigInt(1) });
  expect(await rpcErrorOf(send("hi", { peer }))).toBe("PEER_ID_INVALID");
  const empty = await client.invoke(
    new Api.users.GetUsers({ id: [new Api.InputUser({ userId: bigInt(stranger.id), accessHash: bigInt(1) })] }),
  );
  expect(empty[0]?.className).toBe("UserEmpty");
  const resolve = (username: string) => rpcErrorOf(client.invoke(new Api.contacts.ResolveUsername({ username })));
  expect(await resolve("nobody_here")).toBe("USERNAME_NOT_OCCUPIED");
  expect(await resolve("!")).toBe("USERNAME_INVALID");
});

test("a user named only by a short update can be found through the message", async () => {
  await customer.send(account, { text: "hello" });
  const { peerMessageId } = await customer.send(account, { text: "it is me" });
  const forgetful = createClient(telegram, String(client.session.save()));
  await forgetful.connect();
  const id = new Api.InputUserFromMessage({
    peer: new Api.InputPeerSelf(),
    msgId: peerMessageId,
    userId: bigInt(customer.id),
  });
  const [user] = await forgetful.invoke(new Api.users.GetUsers({ id: [id] }));
  expect(user).toMatchObject({ firstName: customer.firstName });
  const full = await forgetful.invoke(new Api.users.GetFullUser({ id: customer.username ?? "" }));
  expect(full.users.some((one) => one instanceof Api.User && one.firstName === customer.firstName)).toBe(true);
  await forgetful.destroy();
});

test("a bot answers those who wrote to it, and nobody else", async () => {
  const bot = telegram.addBot({ token: `${900 + people}:s`, firstName: "Robot", username: `robot${people}_bot` });
  const robot = createClient(telegram);
  await robot.connect();
  await robot.signInBot({ apiId: 1, apiHash: "h" }, { botAuthToken: bot.token });
  const updates = collectUpdates(robot);
  await customer.send(bot, { text: "/start" });
  await customer.send(bot, { text: "again" });
  await soon(() => expect(updates).toHaveLength(2));
  expect(updates.map((update) => update.className)).toEqual(["UpdateNewMessage", "UpdateNewMessage"]);
  const peer = new Api.InputPeerUser({ userId: bigInt(customer.id), accessHash: bigInt.zero });
  await robot.invoke(new Api.messages.SendMessage({ peer, message: "beep" }));
  expect(customer.inbox(bot).at(-1)).toMatchObject({ text: "beep", direction: "in" });
  const stranger = telegram.addCustomer({ firstName: "S", username: `stranger${people}` });
  const first = robot.invoke(new Api.messages.SendMessage({ peer: stranger.username ?? "", message: "hi" }));
  expect(await rpcErrorOf(first)).toBe("PEER_ID_INVALID");
  await robot.destroy();
});

test("waiting for a message gives up after its deadline", async () => {
  await expect(customer.waitFor(() => true, { deadlineMs: 1 })).rejects.toThrow("within 1 ms");
});
