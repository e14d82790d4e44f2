import { CrmError } from "@crmessenger/kernel";
import { eventually } from "@crmessenger/testing";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { TelegramAccount, TelegramCustomer } from "@crmessenger/sandbox/telegram";
import { ACCOUNT_ID, TestAccount, textOf } from "./telegram-account.test.support.ts";

const EXOTIC = [
  "👨‍👩‍👧‍👦 🇺🇳 emoji",
  "שלום עולם — مرحبا \u202Eabc\u202C",
  "first\nsecond\r\n\tthird",
  `"quotes" 'single' \`ticks\` \\ %s`,
  "<script>alert(1)</script> &amp; **bold** _it_",
  "я".repeat(4096),
  "  spaces around  ",
];
let account: TelegramAccount;
let customer: TelegramCustomer;
let shop: TestAccount;
beforeEach(async () => {
  shop = await TestAccount.create();
  account = shop.sandbox.addAccount({ firstName: "Shop", phone: "+15550001" });
  customer = shop.sandbox.addCustomer({
    firstName: "Alice",
    lastName: "Ivanova",
    username: "Alice",
    phone: "+15550002",
  });
  await shop.connectAs(account);
});
afterEach(() => shop.close());

test("a message arrives with who wrote it, where and when", async () => {
  const sent = await customer.send(account, { text: "hello" });
  await eventually(() => expect(shop.ledger.received).toHaveLength(1));
  expect(shop.ledger.received[0]).toEqual({
    channelAccountId: ACCOUNT_ID,
    channelType: "telegram",
    externalId: String(sent.peerMessageId),
    conversationExternalId: String(customer.id),
    sender: {
      name: "Alice Ivanova",
      identities: [
        { kind: "telegram", value: String(customer.id), verified: true },
        { kind: "phone", value: "+15550002", verified: true },
        { kind: "telegram-username", value: "alice", verified: true },
      ],
    },
    parts: [{ type: "text", text: "hello" }],
    sentAt: new Date(Math.floor(sent.sentAt / 1000) * 1000).toISOString(),
  });
});

test("any text arrives unchanged and in order", async () => {
  for (const text of EXOTIC) await customer.send(account, { text });
  await eventually(() => expect(shop.ledger.texts()).toEqual(EXOTIC));
  expect(shop.ledger.received.some((message) => message.sanitised)).toBe(false);
});

test("what a database can't hold is replaced and marked", async () => {
  const strange = shop.sandbox.addCustomer({ firstName: "N\0ame" });
  await customer.send(account, { text: "a\0b" });
  await strange.send(account, { text: "plain" });
  await eventually(() => expect(shop.ledger.received).toHaveLength(2));
  expect(shop.ledger.received[0]).toMatchObject({ parts: [{ text: "a\uFFFDb" }], sanitised: true });
  expect(shop.ledger.received[1]).toMatchObject({ sender: { name: "N\uFFFDame" }, sanitised: true });
});

test("a reply says what it answers", async () => {
  const first = await customer.send(account, { text: "one" });
  await customer.send(account, { text: "two", replyTo: first.id });
  await eventually(() => expect(shop.ledger.received).toHaveLength(2));
  expect(shop.ledger.received[1]?.replyToExternalId).toBe(String(first.peerMessageId));
});

test("what the owner writes on the phone is no message of a customer", async () => {
  await account.send(customer, { text: "from the phone" });
  await customer.send(account, { text: "from the customer" });
  await eventually(() => expect(shop.ledger.texts()).toEqual(["from the customer"]));
});

test("what was written while nobody was connected is fetched, however much it is", async () => {
  await shop.disconnect();
  const texts = Array.from({ length: 250 }, (_, index) => `missed ${index}`);
  for (const text of texts) await customer.send(account, { text });
  await shop.connect();
  await eventually(() => expect(shop.ledger.texts()).toEqual(texts));
});

test("what was written during an interruption is fetched", async () => {
  await customer.send(account, { text: "before" });
  await eventually(() => expect(shop.ledger.texts()).toEqual(["before"]));
  shop.sandbox.disconnectAll();
  await customer.send(account, { text: "missed" });
  await eventually(() => expect(shop.ledger.texts()).toEqual(["before", "missed"]));
  expect(shop.channel.state().status).toBe("connected");
});

test("a lost update is noticed by the next one, and by itself when none follows", async () => {
  shop.sandbox.faults.set({ dropUpdateRate: 1 });
  await customer.send(account, { text: "lost" });
  shop.sandbox.faults.set({ dropUpdateRate: 0 });
  await customer.send(account, { text: "seen" });
  await eventually(() => expect(shop.ledger.texts()).toEqual(["lost", "seen"]));
  shop.sandbox.faults.set({ dropUpdateRate: 1 });
  await customer.send(account, { text: "the last" });
  await eventually(() => expect(shop.ledger.texts()).toEqual(["lost", "seen", "the last"]));
});

test("an update that comes twice is one message", async () => {
  shop.sandbox.faults.set({ duplicateUpdateRate: 1 });
  await customer.send(account, { text: "one" });
  await customer.send(account, { text: "two" });
  await eventually(() => expect(shop.ledger.texts()).toEqual(["one", "two"]));
  expect(shop.ledger.duplicates).toBe(0);
});

test("a log that does not reach back is made up for by the messages themselves", async () => {
  await shop.close();
  shop = await TestAccount.create({ keptUpdates: 2 });
  account = shop.sandbox.addAccount({ firstName: "Shop", phone: "+15550001" });
  customer = shop.sandbox.addCustomer({ firstName: "Alice" });
  const other = shop.sandbox.addCustomer({ firstName: "Bob" });
  await shop.connectAs(account);
  await customer.send(account, { text: "known" });
  await eventually(() => expect(shop.ledger.texts()).toEqual(["known"]));
  await shop.disconnect();
  for (let index = 0; index < 130; index += 1)
    await (index % 2 === 0 ? customer : other).send(account, { text: `${index}` });
  await shop.connect();
  await eventually(() => expect(shop.ledger.received).toHaveLength(131));
  const ofCustomer = shop.ledger.received.filter((message) => message.conversationExternalId === String(customer.id));
  expect(ofCustomer.map((message) => textOf(message.parts))).toEqual([
    "known",
    ...Array.from({ length: 65 }, (_, index) => `${index * 2}`),
  ]);
  await customer.send(account, { text: "and on" });
  await eventually(() => expect(shop.ledger.texts().at(-1)).toBe("and on"));
});

test("a message that was not committed when the process died comes again", async () => {
  shop.ledger.beforeReceive = () => new Promise(() => {});
  await customer.send(account, { text: "in flight" });
  const never = vi.fn<() => Promise<void>>(() => Promise.reject(new Error("killed")));
  await eventually(() => expect(shop.channel.state().status).toBe("connected"));
  shop.ledger.beforeReceive = never;
  await customer.send(account, { text: "behind it" });
  // The first one hangs for ever in the process that dies: it must not be waited for.
  const dying = shop.abandon();
  shop.ledger.beforeReceive = () => {};
  await dying;
  await eventually(() => expect(shop.ledger.texts()).toEqual(["in flight", "behind it"]));
});

test("while the kernel can't take messages they wait, in order, and other chats go on", async () => {
  const other = shop.sandbox.addCustomer({ firstName: "Bob" });
  let broken = true;
  shop.ledger.beforeReceive = (message) => {
    if (broken && message.conversationExternalId === String(customer.id))
      throw new CrmError("CRM_STORAGE_UNAVAILABLE", "The database is away.", { status: 503, retryable: true });
  };
  await customer.send(account, { text: "one" });
  await customer.send(account, { text: "two" });
  await other.send(account, { text: "elsewhere" });
  await eventually(() => expect(shop.ledger.texts()).toEqual(["elsewhere"]));
  broken = false;
  await eventually(() => expect(shop.ledger.texts()).toEqual(["elsewhere", "one", "two"]));
});

test("what the kernel refuses for good is mentioned, and the chat goes on", async () => {
  shop.ledger.beforeReceive = (message) => {
    if (textOf(message.parts) === "forbidden") throw new CrmError("CRM_INPUT_INVALID", "Too strange.", { status: 422 });
  };
  await customer.send(account, { text: "forbidden" });
  await customer.send(account, { text: "fine" });
  await eventually(() => expect(shop.ledger.texts()).toEqual(["", "fine"]));
  expect(shop.ledger.received[0]?.parts).toEqual([
    { type: "unsupported", description: "A message that could not be taken over: Too strange.", raw: null },
  ]);
});

test("a crowd is received whole, in order for each", async () => {
  const crowd = Array.from({ length: 30 }, (_, index) => shop.sandbox.addCustomer({ firstName: `C${index}` }));
  let under = 0;
  let most = 0;
  shop.ledger.beforeReceive = async () => {
    under += 1;
    most = Math.max(most, under);
    await new Promise((resolve) => setImmediate(resolve));
    under -= 1;
  };
  for (let round = 0; round < 40; round += 1) for (const one of crowd) await one.send(account, { text: `${round}` });
  await eventually(() => expect(shop.ledger.received).toHaveLength(1200));
  for (const one of crowd) {
    const own = shop.ledger.received.filter((message) => message.conversationExternalId === String(one.id));
    expect(own.map((message) => textOf(message.parts))).toEqual(Array.from({ length: 40 }, (_, round) => `${round}`));
  }
  // Chats do not wait for each other, and no chat has two messages under way.
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(30);
});

test("somebody whom only Telegram remembers is looked up", async () => {
  await customer.send(account, { text: "first" });
  await eventually(() => expect(shop.ledger.received).toHaveLength(1));
  await shop.disconnect();
  for (const key of shop.secrets.rows.keys()) if (key.includes("/peer/")) shop.secrets.rows.delete(key);
  await shop.connect();
  await customer.send(account, { text: "second" });
  await eventually(() => expect(shop.ledger.received).toHaveLength(2));
  expect(shop.ledger.received[1]?.sender.name).toBe("Alice Ivanova");
});

test("a customer who reads is reported, up to which message", async () => {
  await customer.send(account, { text: "hello" });
  await eventually(() => expect(shop.ledger.received).toHaveLength(1));
  await shop.send(customer.id, [{ type: "text", text: "one" }]);
  const two = await shop.send(customer.id, [{ type: "text", text: "two" }]);
  customer.read(account);
  await eventually(() => expect(shop.ledger.reported).toHaveLength(1));
  expect(shop.ledger.reported[0]).toMatchObject({
    status: "read",
    upToExternalId: two.outcome === "accepted" ? two.externalId : "",
    conversationExternalId: String(customer.id),
  });
  shop.sandbox.disconnectAll();
  await eventually(() => expect(shop.channel.state().status).toBe("connected"));
});

test("a bot receives and answers, also what came while it was away", async () => {
  const bot = shop.sandbox.addBot({ token: "77:secret", firstName: "Robot", username: "robot_bot" });
  await shop.disconnect();
  shop.startOver();
  await shop.connectAsBot(bot);
  await customer.send(bot, { text: "/start" });
  await eventually(() => expect(shop.ledger.texts()).toEqual(["/start"]));
  expect(await shop.send(customer.id, [{ type: "text", text: "beep" }])).toMatchObject({ outcome: "accepted" });
  expect(customer.inbox(bot).at(-1)).toMatchObject({ text: "beep", direction: "in" });
  await shop.disconnect();
  await customer.send(bot, { text: "again" });
  await shop.connect();
  await eventually(() => expect(shop.ledger.texts()).toEqual(["/start", "again"]));
});
