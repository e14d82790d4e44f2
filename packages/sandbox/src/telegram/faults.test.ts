import bigInt from "big-integer";
import { Api, type TelegramClient } from "telegram";
import { afterEach, beforeEach, expect, test } from "vitest";
import { collectUpdates, logIn, rpcErrorOf, soon } from "./gramjs-client.test.support.ts";
import { startTelegramSandbox, type TelegramAccount, type TelegramCustomer, type TelegramSandbox } from "./index.ts";

let telegram: TelegramSandbox;
let account: TelegramAccount;
let client: TelegramClient;
let customer: TelegramCustomer;
beforeEach(async () => {
  telegram = await startTelegramSandbox({ seed: 5 });
  account = telegram.addAccount({ firstName: "Shop", phone: "+15550001" });
  customer = telegram.addCustomer({ firstName: "Alice", username: "alice" });
  client = await logIn(telegram, account);
  await client.getInputEntity("alice");
});
afterEach(async () => {
  telegram.faults.clear();
  await client.destroy();
  await telegram.close();
});

function send(message: string, randomId = bigInt.randBetween(1, 1e15)): Promise<Api.TypeUpdates> {
  return client.invoke(new Api.messages.SendMessage({ peer: "alice", message, randomId }));
}

async function differenceSince(pts: number): Promise<Api.updates.TypeDifference> {
  return client.invoke(new Api.updates.GetDifference({ pts, date: 0, qts: 0 }));
}

test("what was missed while disconnected is in the difference", async () => {
  const before = await client.invoke(new Api.updates.GetState());
  telegram.disconnectAll();
  await customer.send(account, { text: "missed" });
  customer.read(account);
  await client.getMe();
  expect(await differenceSince(before.pts)).toMatchObject({
    className: "updates.Difference",
    newMessages: [{ message: "missed", out: false }],
    users: [{ self: true }, { firstName: "Alice" }],
    state: { pts: before.pts + 1 },
  });
  expect((await differenceSince(before.pts + 1)).className).toBe("updates.DifferenceEmpty");
  expect(await rpcErrorOf(differenceSince(0))).toBe("PERSISTENT_TIMESTAMP_EMPTY");
});

test("a long absence is caught up with in slices, or is too long", async () => {
  const { pts } = await client.invoke(new Api.updates.GetState());
  for (let index = 0; index < 150; index += 1) await customer.send(account, { text: `${index}` });
  const slice = await differenceSince(pts);
  if (!(slice instanceof Api.updates.DifferenceSlice)) return expect.unreachable(slice.className);
  expect(slice.newMessages).toHaveLength(100);
  const rest = await differenceSince(slice.intermediateState.pts);
  if (!(rest instanceof Api.updates.Difference)) return expect.unreachable(rest.className);
  expect(rest.newMessages.map((message) => (message instanceof Api.Message ? message.message : ""))).toEqual(
    Array.from({ length: 50 }, (_, index) => `${index + 100}`),
  );
  const limited = new Api.updates.GetDifference({ pts, date: 0, qts: 0, ptsTotalLimit: 120 });
  expect(await client.invoke(limited)).toMatchObject({ className: "updates.DifferenceTooLong", pts: pts + 150 });
});

test("a lost update shows as a jump in pts", async () => {
  const { pts } = await client.invoke(new Api.updates.GetState());
  const updates = collectUpdates(client);
  telegram.faults.set({ dropUpdateRate: 1 });
  await customer.send(account, { text: "lost" });
  telegram.faults.set({ dropUpdateRate: 0 });
  await customer.send(account, { text: "seen" });
  await soon(() => expect(updates).toMatchObject([{ pts: pts + 2 }]));
  expect(await differenceSince(pts)).toMatchObject({ newMessages: [{ message: "lost" }, { message: "seen" }] });
});

test("an update may come twice", async () => {
  const updates = collectUpdates(client);
  telegram.faults.set({ duplicateUpdateRate: 1 });
  await customer.send(account, { text: "echo" });
  await soon(() => expect(updates).toHaveLength(2));
  expect(customer.inbox(account)).toHaveLength(1);
});

test("a flood wait stops an account for its time", async () => {
  telegram.faults.set({ floodWaitRate: 1, floodWaitSeconds: 30 });
  await expect(send("a")).rejects.toMatchObject({ seconds: 30 });
  telegram.faults.set({ floodWaitRate: 0 });
  await expect(send("b")).rejects.toMatchObject({ code: 420 });
  telegram.faults.clear();
  await send("c");
  expect(customer.inbox(account).map((message) => message.text)).toEqual(["c"]);
});

test("an error 500 comes before any effect", async () => {
  telegram.faults.set({ rpcErrorRate: 1 });
  expect(await rpcErrorOf(send("a"))).toBe("INTERDC_2_CALL_ERROR");
  expect(customer.inbox(account)).toEqual([]);
});

test("a lost answer: the message is there, its repetition is refused, and the difference tells its id", async () => {
  const { pts } = await client.invoke(new Api.updates.GetState());
  const randomId = bigInt("1234567890123456789");
  telegram.faults.set({ lostAnswerRate: 1 });
  const answer = rpcErrorOf(send("paid", randomId));
  await customer.waitFor((message) => message.text === "paid");
  telegram.faults.clear();
  // GramJS repeats by itself what was not answered when it has reconnected.
  expect(await answer).toBe("RANDOM_ID_DUPLICATE");
  const difference = await differenceSince(pts);
  if (!(difference instanceof Api.updates.Difference)) return expect.unreachable(difference.className);
  const [sent] = customer.inbox(account);
  expect(difference.otherUpdates).toMatchObject([{ className: "UpdateMessageID", id: sent?.peerMessageId }]);
  const [named] = difference.otherUpdates;
  expect(named instanceof Api.UpdateMessageID && named.randomId?.equals(randomId)).toBe(true);
});

test("late read receipts may overtake each other", async () => {
  const updates = collectUpdates(client);
  const reader = telegram.addCustomer({ firstName: "Reader", username: "reader", autoRead: true });
  telegram.faults.set({ reorderReceipts: true, lateReceiptMs: 100 });
  for (let index = 0; index < 20; index += 1) await client.sendMessage("reader", { message: `${index}` });
  const receipts = (): number[] =>
    updates.flatMap((update) => (update instanceof Api.UpdateReadHistoryOutbox ? [update.maxId] : []));
  await soon(() => expect(receipts()).toHaveLength(20));
  expect(receipts()).not.toEqual(receipts().toSorted((a, b) => a - b));
  expect(reader.inbox(account).every((message) => message.readAt !== undefined)).toBe(true);
});

test("connections are cut again and again, and nothing is lost on the way", async () => {
  telegram.faults.set({ disconnectEveryMs: 300 });
  await soon(() => expect(telegram.connections).toBe(0));
  for (let index = 0; index < 5; index += 1) await rpcErrorOf(send(`${index}`));
  telegram.faults.clear();
  expect(customer.inbox(account).map((message) => message.text)).toEqual(["0", "1", "2", "3", "4"]);
}, 60_000);

test("a request chained to a failed one fails with it", async () => {
  const chained = await Promise.all([rpcErrorOf(send("x".repeat(5000))), rpcErrorOf(send("after"))]);
  // GramJS chains messages sent together, and sends the second alone when it is told that the first failed.
  expect(chained).toEqual(["MESSAGE_TOO_LONG", "no error"]);
  expect(customer.inbox(account).map((message) => message.text)).toEqual(["after"]);
});

test("a log that does not reach back is said to be too long", async () => {
  const forgetful = await startTelegramSandbox({ keptUpdates: 2 });
  const owner = forgetful.addAccount({ firstName: "Shop", phone: "+15550001" });
  const writer = forgetful.addCustomer({ firstName: "Bob" });
  const reader = await logIn(forgetful, owner);
  const { pts } = await reader.invoke(new Api.updates.GetState());
  for (let index = 0; index < 5; index += 1) await writer.send(owner, { text: `${index}` });
  const difference = await reader.invoke(new Api.updates.GetDifference({ pts, date: 0, qts: 0 }));
  expect(difference).toMatchObject({ className: "updates.DifferenceTooLong", pts: pts + 5 });
  await reader.destroy();
  await forgetful.close();
});
