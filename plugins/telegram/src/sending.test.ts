import { eventually } from "@crmessenger/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { TelegramAccount, TelegramCustomer } from "@crmessenger/sandbox/telegram";
import { TestAccount, text } from "./telegram-account.test.support.ts";

let account: TelegramAccount;
let customer: TelegramCustomer;
let shop: TestAccount;
beforeEach(async () => {
  shop = await TestAccount.create();
  account = shop.sandbox.addAccount({ firstName: "Shop", phone: "+15550001" });
  customer = shop.sandbox.addCustomer({ firstName: "Alice" });
  await shop.connectAs(account);
  await customer.send(account, { text: "hello" });
  await eventually(() => expect(shop.ledger.received).toHaveLength(1));
});
afterEach(() => shop.close());

function received(): string[] {
  return customer.inbox(account).flatMap((message) => (message.direction === "in" ? [message.text] : []));
}

test("a text is sent as it is, and answered with Telegram's id", async () => {
  for (const content of ["**not** _markdown_ `code` [x](y)", "<b>&amp;</b>", "👩‍🚀\n\nنص", "x".repeat(4096)]) {
    const result = await shop.send(customer.id, text(content));
    const held = customer.inbox(account).at(-1);
    expect(held?.text).toBe(content);
    expect(result).toMatchObject({ outcome: "accepted", externalId: String(held?.peerMessageId), status: "sent" });
  }
});

test("a reply points to what it answers, or goes without when that is gone", async () => {
  const question = await customer.send(account, { text: "when?" });
  await shop.send(customer.id, text("noon"), { replyToExternalId: String(question.peerMessageId) });
  expect(customer.inbox(account).at(-1)).toMatchObject({ text: "noon", replyTo: question.id });
  const result = await shop.send(customer.id, text("never mind"), { replyToExternalId: "987654" });
  expect(result.outcome).toBe("accepted");
  expect(customer.inbox(account).at(-1)?.replyTo).toBeUndefined();
});

test("the same key reaches the customer once, and names the same message", async () => {
  const first = await shop.send(customer.id, text("once"), { key: "k1" });
  const second = await shop.send(customer.id, text("once"), { key: "k1" });
  await shop.killAndRestart();
  const third = await shop.send(customer.id, text("once"), { key: "k1" });
  expect(received()).toEqual(["once"]);
  const { externalId } = first as { externalId: string };
  expect(second).toMatchObject({ outcome: "accepted", externalId });
  expect(third).toMatchObject({ outcome: "accepted", externalId });
});

test("an answer that gets lost does not double the message", async () => {
  shop.sandbox.faults.set({ lostAnswerRate: 1 });
  await expect(shop.send(customer.id, text("paid"), { key: "k2" })).rejects.toMatchObject({
    code: "CRM_TELEGRAM_OUTCOME_UNKNOWN",
    retryable: true,
  });
  shop.sandbox.faults.clear();
  await eventually(() => expect(shop.channel.state().status).toBe("connected"));
  const result = await shop.send(customer.id, text("paid"), { key: "k2" });
  const held = customer.inbox(account).at(-1);
  expect(result).toMatchObject({ outcome: "accepted", externalId: String(held?.peerMessageId) });
  expect(received()).toEqual(["paid"]);
});

test("a process that dies between sending and hearing of it does not double the message", async () => {
  await shop.send(customer.id, text("same words"), { key: "earlier" });
  shop.sandbox.faults.set({ lostAnswerRate: 1 });
  await expect(shop.send(customer.id, text("same words"), { key: "k3" })).rejects.toThrow("unknown");
  shop.sandbox.faults.clear();
  await shop.killAndRestart();
  const result = await shop.send(customer.id, text("same words"), { key: "k3" });
  const held = customer.inbox(account).at(-1);
  expect(result).toMatchObject({ outcome: "accepted", externalId: String(held?.peerMessageId) });
  expect(received()).toEqual(["same words", "same words"]);
});

test("so it is for a bot, which may not look into chats", async () => {
  const bot = shop.sandbox.addBot({ token: "77:secret", firstName: "Robot", username: "robot_bot" });
  await shop.disconnect();
  shop.startOver();
  await shop.connectAsBot(bot);
  await customer.send(bot, { text: "/start" });
  await eventually(() => expect(shop.ledger.texts()).toEqual(["/start"]));
  const first = await shop.send(customer.id, text("beep"), { key: "k4" });
  const again = await shop.send(customer.id, text("beep"), { key: "k4" });
  expect(again).toMatchObject({
    outcome: "accepted",
    externalId: first.outcome === "accepted" ? first.externalId : "",
  });
  expect(customer.inbox(bot).filter((message) => message.direction === "in")).toHaveLength(1);
});

test("a flood wait is handed to the queue, and not asked about again before its time", async () => {
  shop.sandbox.faults.set({ floodWaitRate: 1, floodWaitSeconds: 40 });
  expect(await shop.send(customer.id, text("a"))).toMatchObject({ outcome: "deferred", retryAfterMs: 40_000 });
  shop.sandbox.faults.clear();
  const second = await shop.send(customer.id, text("b"));
  expect(second.outcome === "deferred" && second.retryAfterMs > 30_000).toBe(true);
  expect(received()).toEqual([]);
});

test("after a failure of Telegram the outcome is unknown, and the repetition works", async () => {
  shop.sandbox.faults.set({ rpcErrorRate: 1 });
  await expect(shop.send(customer.id, text("a"), { key: "k5" })).rejects.toMatchObject({
    code: "CRM_TELEGRAM_OUTCOME_UNKNOWN",
  });
  shop.sandbox.faults.clear();
  expect((await shop.send(customer.id, text("a"), { key: "k5" })).outcome).toBe("accepted");
  expect(received()).toEqual(["a"]);
});

test("what Telegram refuses is refused with a reason", async () => {
  const reason = async (...[to, parts]: Parameters<TestAccount["send"]>): Promise<string> => {
    const result = await shop.send(to, parts);
    return result.outcome === "rejected" ? result.reason : result.outcome;
  };
  expect(await reason(customer.id, text("x".repeat(4097)))).toBe("The text is too long for Telegram.");
  expect(await reason(customer.id, text(" \n "))).toBe("Telegram does not send empty messages.");
  expect(await reason(999_999, text("hi"))).toContain("has never met this person");
  expect(await reason(customer.id, [{ type: "location", latitude: 1, longitude: 2 }])).toContain('"location"');
  expect(await reason(customer.id, [...text("a"), ...text("b")])).toContain("one file and one text");
  expect(received()).toEqual([]);
});

test("messages sent together arrive even when one of them is refused", async () => {
  const results = await Promise.all([
    shop.send(customer.id, text("x".repeat(4097))),
    shop.send(customer.id, text("fine")),
    shop.send(customer.id, text("x".repeat(5000))),
    shop.send(customer.id, text("fine too")),
  ]);
  expect(results.map(({ outcome }) => outcome)).toEqual(["rejected", "accepted", "rejected", "accepted"]);
  expect(received().toSorted()).toEqual(["fine", "fine too"]);
});

test("without a connection messages are deferred", async () => {
  await shop.sandbox.close();
  await eventually(() => expect(shop.channel.state().status).not.toBe("connected"));
  expect(await shop.send(customer.id, text("a"))).toMatchObject({
    outcome: "deferred",
    reason: "Telegram is not connected.",
  });
});

test("own messages leave no gap: nothing is fetched again after them", async () => {
  for (let index = 0; index < 5; index += 1) await shop.send(customer.id, text(`${index}`));
  await customer.send(account, { text: "thanks" });
  await eventually(() => expect(shop.ledger.texts()).toEqual(["hello", "thanks"]));
  await shop.killAndRestart();
  await customer.send(account, { text: "bye" });
  await eventually(() => expect(shop.ledger.texts()).toEqual(["hello", "thanks", "bye"]));
});
