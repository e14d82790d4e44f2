import type { SendResult } from "@crmessenger/kernel/communication";
import { eventually } from "@crmessenger/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { TelegramAccount, TelegramCustomer } from "@crmessenger/sandbox/telegram";
import { TestAccount, text, textOf } from "./telegram-account.test.support.ts";

const ROUNDS = 12;
const PEOPLE = 6;

let account: TelegramAccount;
let people: TelegramCustomer[];
let shop: TestAccount;
beforeEach(async () => {
  shop = await TestAccount.create({ seed: 42, refuseSharedKeys: true });
  account = shop.sandbox.addAccount({ firstName: "Shop", phone: "+15550001" });
  people = Array.from({ length: PEOPLE }, (_, index) =>
    shop.sandbox.addCustomer({ firstName: `P${index}`, autoRead: true }),
  );
  await shop.connectAs(account);
  for (const person of people) await person.send(account, { text: "hello" });
  await eventually(() => expect(shop.ledger.received).toHaveLength(PEOPLE));
});
afterEach(() => shop.close());

/** As the kernel's queue does it: again with the same key until the outcome is known. */
async function deliver(to: TelegramCustomer, content: string): Promise<SendResult> {
  for (;;) {
    const result = await shop.send(to.id, text(content), { key: `${to.id}:${content}` }).catch(() => undefined);
    if (result?.outcome === "accepted") return result;
    if (result?.outcome === "rejected") throw new Error(result.reason);
    await new Promise((resolve) => setTimeout(resolve, Math.min(100, result?.retryAfterMs ?? 20)));
  }
}

test("with everything going wrong at once, nothing is lost, doubled or out of order", async () => {
  shop.sandbox.faults.set({
    disconnectEveryMs: 700,
    duplicateUpdateRate: 0.2,
    dropUpdateRate: 0.2,
    rpcErrorRate: 0.05,
    lostAnswerRate: 0.05,
    floodWaitRate: 0.02,
    floodWaitSeconds: 1,
    lateReceiptMs: 200,
    reorderReceipts: true,
  });
  const talks = people.map(async (person) => {
    for (let round = 0; round < ROUNDS; round += 1) {
      await person.send(account, { text: `in ${round}` });
      await deliver(person, `out ${round}`);
    }
  });
  await shop.killAndRestart();
  await Promise.all(talks);
  shop.sandbox.faults.clear();
  const expected = Array.from({ length: ROUNDS }, (_, round) => round);
  await eventually(() => expect(shop.ledger.received).toHaveLength(PEOPLE * (ROUNDS + 1)), { deadlineMs: 20_000 });
  for (const person of people) {
    const own = shop.ledger.received.filter((message) => message.conversationExternalId === String(person.id));
    expect(own.map((message) => textOf(message.parts))).toEqual(["hello", ...expected.map((round) => `in ${round}`)]);
    const held = person.inbox(account).filter((message) => message.direction === "in");
    expect(held.map((message) => message.text)).toEqual(expected.map((round) => `out ${round}`));
    const last = String(held.at(-1)?.peerMessageId);
    await eventually(
      () => {
        const marks = shop.ledger.reported.filter((update) => update.conversationExternalId === String(person.id));
        expect(marks.map((mark) => mark.upToExternalId)).toContain(last);
      },
      { deadlineMs: 10_000 },
    );
  }
}, 60_000);
