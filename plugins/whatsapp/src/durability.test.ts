import { CrmError } from "@crmessenger/kernel";
import type { SendResult } from "@crmessenger/kernel/communication";
import { startWhatsAppSandbox, type Customer, type WhatsAppSandbox } from "@crmessenger/sandbox/whatsapp";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { acceptedId, TestAccount } from "./test-account.test.fixture.ts";

let whatsapp: WhatsAppSandbox;
let alice: Customer;
let account: TestAccount;

beforeEach(async () => {
  whatsapp = await startWhatsAppSandbox({ seed: 5 });
  const phone = whatsapp.addAccount({ phone: "+1 555 0100", name: "Bean & Brew" });
  alice = whatsapp.addCustomer({ phone: "+1 555 0101", name: "Alice" });
  account = await new TestAccount(whatsapp, phone).link();
});
afterEach(async () => {
  await account.close();
  await whatsapp.close();
});

type Rows = ReadonlyMap<string, Uint8Array | null>;
const touches = (rows: Rows, prefix: string): boolean => [...rows].some(([key, row]) => row && key.startsWith(prefix));
const textsOf = (): unknown[] =>
  account.messages.map(({ parts: [part] }) => (part?.type === "text" ? part.text : part?.type));

async function settled(): Promise<void> {
  await expect.poll(() => account.phone.devices()[0]?.pending, { timeout: 10_000 }).toBe(0);
}

/** Both sides have written: the session is established and messages are plain ones. */
async function talk(): Promise<void> {
  const { id } = await alice.send(account.phone, { text: "Hi" });
  await account.received(id);
  const answer = acceptedId(await account.text(alice.lid, "Hello", `talk-${id}`));
  await alice.waitFor((message) => message.id === answer);
  await settled();
}

async function restart(): Promise<void> {
  account = await account.restart();
}

/** Repeats an attempt with its key until the outcome is known, as the outbound queue does. */
async function untilAccepted(attempt: () => Promise<SendResult>): Promise<string> {
  return vi.waitFor(async () => acceptedId(await attempt()), { timeout: 20_000, interval: 20 });
}

describe("killed while a message comes in", () => {
  it.each([
    ["the first of its session", async () => undefined],
    ["a later one", talk],
  ])("right after it was committed, before the receipt left: %s", async (_name, before) => {
    await before();
    account.secrets.afterWrite = (rows) => touches(rows, "inbox/") && account.kill();
    const { id } = await alice.send(account.phone, { text: "Did you get this?" });
    await account.state("stopped");
    expect(account.messages.some((message) => message.externalId === id)).toBe(false);
    expect(account.rowsOf("inbox/")).toHaveLength(1);
    expect(account.phone.devices()[0]?.pending).toBe(1);
    await restart();
    expect((await account.received(id)).parts).toEqual([{ type: "text", text: "Did you get this?" }]);
    await settled();
    expect(alice.inbox(account.phone).find((message) => message.id === id)?.deliveredAt).toBeTypeOf("number");
    expect(account.host.kept.duplicates).toBe(0);
  });

  it("before it was committed", async () => {
    await talk();
    account.secrets.beforeWrite = (rows) => {
      if (!touches(rows, "inbox/")) return;
      account.kill();
      throw new Error("killed");
    };
    const { id } = await alice.send(account.phone, { text: "Hello?" });
    await account.state("stopped");
    expect(account.rowsOf("inbox/")).toEqual([]);
    await restart();
    await account.received(id);
    await settled();
  });

  it("after the kernel accepted it, before its row was deleted", async () => {
    await talk();
    const { id } = await alice.send(account.phone, { text: "Twice?" });
    await account.received(id);
    const rows = account.rowsOf("inbox/");
    expect(rows).not.toEqual([]);
    account.kill();
    await account.close();
    await restart();
    await expect.poll(() => account.host.kept.duplicates).toBeGreaterThan(0);
    expect(account.messages.filter((message) => message.externalId === id)).toHaveLength(1);
  });
});

describe("while the database fails", () => {
  it("no receipt leaves, and the message arrives when it is back", async () => {
    await talk();
    const failing = vi.fn<(rows: Rows) => void>(() => {
      throw new CrmError("CRM_STORAGE_UNAVAILABLE", "The database is away.", { retryable: true });
    });
    account.secrets.beforeWrite = failing;
    const { id } = await alice.send(account.phone, { text: "Anybody there?" });
    await vi.waitUntil(() => failing.mock.calls.length >= 2, { timeout: 10_000 });
    expect(alice.inbox(account.phone).find((message) => message.id === id)?.deliveredAt).toBeUndefined();
    account.secrets.beforeWrite = undefined;
    await account.received(id);
    await settled();
  });

  it("nothing is sent, and the message leaves once when it is back", async () => {
    await talk();
    account.secrets.beforeWrite = () => {
      throw new Error("The database is away.");
    };
    await expect(account.text(alice.lid, "Ready", "key")).rejects.toMatchObject({
      code: "CRM_WHATSAPP_OUTCOME_UNKNOWN",
      retryable: true,
    });
    expect(alice.inbox(account.phone).filter((message) => message.text === "Ready")).toEqual([]);
    account.secrets.beforeWrite = undefined;
    const id = await untilAccepted(() => account.text(alice.lid, "Ready", "key"));
    await alice.waitFor((message) => message.id === id);
  });

  it("receipts are not acknowledged, and the status comes when it is back", async () => {
    await talk();
    const failing = vi.fn<() => void>(() => {
      throw new Error("The database is away.");
    });
    account.host.beforeReport = failing;
    const id = await untilAccepted(() => account.text(alice.lid, "Ready", "key"));
    await vi.waitUntil(() => failing.mock.calls.length > 0);
    account.host.beforeReport = undefined;
    await account.status(id, "delivered");
    await settled();
  });
});

describe("while the kernel does not accept messages", () => {
  it("they are tried again, and their order stays", async () => {
    await talk();
    let failures = 0;
    account.host.beforeReceive = () => {
      failures += 1;
      if (failures <= 3)
        throw new CrmError("CRM_STORAGE_UNAVAILABLE", "Not now.", { retryable: true, retryAfterMs: 5 });
    };
    const sent = await Promise.all(["one", "two", "three"].map((text) => alice.send(account.phone, { text })));
    await account.received(sent.at(-1)?.id ?? "");
    expect(textsOf()).toEqual(["Hi", "one", "two", "three"]);
  });

  it("one that is refused for what it holds is delivered as unreadable", async () => {
    account.host.beforeReceive = ({ parts: [part] }) => {
      if (part?.type === "text") throw new CrmError("CRM_VALIDATION", "Too spicy.", { status: 422 });
    };
    const { id } = await alice.send(account.phone, { text: "🌶" });
    expect((await account.received(id)).parts).toMatchObject([
      { type: "unsupported", description: "A message that could not be read", raw: { reason: "Too spicy." } },
    ]);
  });

  it("one that is refused whatever it holds is kept for the next start", async () => {
    account.host.beforeReceive = ({ sender }) => {
      if (sender.name === "Alice") throw new CrmError("CRM_FORBIDDEN", "No.", { status: 403 });
    };
    const bob = whatsapp.addCustomer({ phone: "+15550102", name: "Bob" });
    const refused = await alice.send(account.phone, { text: "Hi" });
    const fine = await bob.send(account.phone, { text: "Hi" });
    await account.received(fine.id);
    await settled();
    account.kill();
    await account.close();
    await restart();
    await account.received(refused.id);
  });
});

describe("killed while a message goes out", () => {
  it("between the send and the server's answer: the customer gets it once", async () => {
    await talk();
    whatsapp.faults.set({ lostAckRate: 1 });
    const attempt = account.text(alice.lid, "Ready", "key");
    attempt.catch(() => undefined);
    await alice.waitFor((message) => message.text === "Ready");
    account.kill();
    await expect(attempt).rejects.toMatchObject({ code: "CRM_WHATSAPP_OUTCOME_UNKNOWN" });
    await account.close();
    whatsapp.faults.clear();
    await restart();
    const id = await untilAccepted(() => account.text(alice.lid, "Ready", "key"));
    const next = await untilAccepted(() => account.text(alice.lid, "Come in", "key-2"));
    await alice.waitFor((message) => message.id === next);
    const ids = alice
      .inbox(account.phone)
      .slice(-2)
      .map((message) => message.id);
    expect(ids).toEqual([id, next]);
  });

  it("after its ratchet was committed, before it left: no counter is used twice", async () => {
    await talk();
    account.secrets.afterWrite = (rows) => touches(rows, "sent/") && account.kill();
    await expect(account.text(alice.lid, "Ready", "key")).rejects.toMatchObject({ retryable: true });
    await account.close();
    await restart();
    const id = await untilAccepted(() => account.text(alice.lid, "Ready", "key"));
    await alice.waitFor((message) => message.id === id);
    await account.status(id, "delivered");
  });
});

describe("after a start on an older backup", () => {
  it("both directions work again", async () => {
    await talk();
    const backup = new Map(account.secrets.rows);
    await talk();
    await talk();
    await account.close();
    account.secrets.rows.clear();
    for (const [key, row] of backup) account.secrets.rows.set(key, row);
    await restart();
    const inbound = await alice.send(account.phone, { text: "Still there?" });
    await account.received(inbound.id);
    const outbound = await untilAccepted(() => account.text(alice.lid, "Still here", "key"));
    expect((await alice.waitFor((message) => message.id === outbound)).text).toBe("Still here");
  });
});

describe("a backlog", () => {
  it("comes in order, before what is written meanwhile", async () => {
    await talk();
    account.kill();
    await account.close();
    const early = Array.from({ length: 25 }, (_, index) => `early ${index}`);
    const late = Array.from({ length: 25 }, (_, index) => `late ${index}`);
    for (const text of early) await alice.send(account.phone, { text });
    const starting = restart();
    const sent = await Promise.all(late.map((text) => alice.send(account.phone, { text })));
    await starting;
    await account.received(sent.at(-1)?.id ?? "");
    expect(textsOf()).toEqual(["Hi", ...early, ...late]);
  });
});

describe("with everything going wrong at once", () => {
  it("every message arrives once and in order, and every status comes", async () => {
    const customers = Array.from({ length: 4 }, (_, index) =>
      whatsapp.addCustomer({ phone: `+1555030${index}`, name: `Customer ${index}`, autoRead: true }),
    );
    whatsapp.faults.set({
      disconnectEveryMs: 150,
      refuseLoginRate: 0.1,
      duplicateRate: 0.2,
      reorderReceipts: true,
      lateReceiptMs: 20,
      nackRate: 0.1,
    });
    const numbers = Array.from({ length: 12 }, (_, index) => index);
    const inboundIds: string[] = [];
    const conversations = customers.map(async (customer, index) => {
      const ids: string[] = [];
      for (const number of numbers) {
        inboundIds.push((await customer.send(account.phone, { text: `in ${number}` })).id);
        const key = `key-${index}-${number}`;
        ids.push(await untilAccepted(() => account.text(customer.lid, `out ${number}`, key)));
      }
      return ids;
    });
    const ids = await Promise.all(conversations);
    whatsapp.faults.clear();
    for (const id of inboundIds) await account.received(id);
    await settled();
    for (const [index, customer] of customers.entries()) {
      const inbound = account.messages.filter((message) => message.conversationExternalId === customer.lid);
      expect(inbound.map(({ parts: [part] }) => part?.type === "text" && part.text)).toEqual(
        numbers.map((number) => `in ${number}`),
      );
      const outbound = customer.inbox(account.phone).filter((message) => message.direction === "received");
      expect(outbound.map((message) => message.text)).toEqual(numbers.map((number) => `out ${number}`));
      expect(outbound.map((message) => message.id)).toEqual(ids[index]);
      for (const id of ids[index] ?? []) await account.status(id, "read");
    }
  });
});
