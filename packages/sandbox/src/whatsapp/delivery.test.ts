import { proto } from "@whiskeysockets/baileys";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startWhatsAppSandbox, type BusinessAccount, type Customer, type WhatsAppSandbox } from "./index.ts";
import { textOf, WhatsAppClient } from "./whatsapp-client.test.fixture.ts";

const { DELIVERY_ACK, ERROR, READ } = proto.WebMessageInfo.Status;

let whatsapp: WhatsAppSandbox;
let account: BusinessAccount;
let alice: Customer;
let client: WhatsAppClient;

beforeEach(async () => {
  // The client's own libsignal prints sessions when it closes them; the sandbox's part keeps quiet by itself.
  for (const method of ["info", "warn", "error"] as const) vi.spyOn(console, method).mockReturnValue();
  whatsapp = await startWhatsAppSandbox({ seed: 7 });
  account = whatsapp.addAccount({ phone: "+1 555 0100", name: "Bean & Brew" });
  alice = whatsapp.addCustomer({ phone: "+1 555 0101", name: "Alice" });
  client = await new WhatsAppClient(whatsapp.server).link(account);
});
afterEach(async () => {
  client.close();
  await whatsapp.close();
  vi.restoreAllMocks();
});

async function settled(): Promise<void> {
  await expect.poll(() => account.devices()[0]?.pending, { timeout: 10_000 }).toBe(0);
}

/** Both sides have written, so that the session is established and messages are plain `msg`. */
async function talk(): Promise<void> {
  const { id } = await alice.send(account, { text: "Hi" });
  await client.message(id);
  const answer = await client.send(alice.lid, { text: "Hello" });
  await alice.waitFor((message) => message.id === answer);
  const thanks = await alice.send(account, { text: "Thanks" });
  await client.message(thanks.id);
  await settled();
}

describe("what a device has not confirmed", () => {
  it("is delivered again at the next login, in order, and what was confirmed is not", async () => {
    await talk();
    client.store.beforeSet = () => new Promise(() => undefined);
    const second = await alice.send(account, { text: "second" });
    const third = await alice.send(account, { text: "third" });
    client.kill();
    client = client.restart();
    await client.message(third.id);
    expect(client.inbound.map((message) => message.key.id)).toEqual([second.id, third.id]);
    expect(client.received.map(({ type }) => type)).toEqual(["append", "append"]);
    await settled();
    client.kill();
    client = await client.restart().opened();
    const last = await alice.send(account, { text: "last" });
    await client.message(last.id);
    expect(client.inbound.map((message) => message.key.id)).toEqual([last.id]);
  });

  it("waits while the device is away, receipts too", async () => {
    const id = await client.send(alice.lid, { text: "Ready" });
    await alice.waitFor((message) => message.id === id);
    await settled();
    client.kill();
    await expect.poll(() => account.devices()[0]?.connected).toBe(false);
    alice.read(account);
    await alice.send(account, { text: "On my way" });
    expect(account.devices()[0]?.pending).toBe(2);
    client = client.restart();
    await client.status(id, READ);
    await expect.poll(() => client.inbound.map(textOf)).toEqual(["On my way"]);
    await settled();
  });

  it("can't be decrypted again by a device that stored the ratchet; it then asks for the message once more", async () => {
    await talk();
    client.store.afterSet = (data) => data.session && client.kill();
    const { id } = await alice.send(account, { text: "Did you get this?" });
    await expect.poll(() => account.devices()[0]?.connected).toBe(false);
    expect(account.devices()[0]?.pending).toBe(1);
    client = client.restart();
    expect(textOf(await client.message(id))).toBe("Did you get this?");
    await settled();
  });

  it("is lost if it opened the session and the device kept the ratchet but not the message", async () => {
    client.store.afterSet = (data) => data.session && client.kill();
    await alice.send(account, { text: "First words" });
    await expect.poll(() => account.devices()[0]?.connected).toBe(false);
    client = client.restart();
    await settled();
    expect(client.inbound).toEqual([]);
  });
});

describe("a device that goes back to an older ratchet", () => {
  it("gets and sends messages again after each side asked for them once more", async () => {
    await talk();
    const goBack = client.store.snapshot();
    await talk();
    await talk();
    client.kill();
    goBack();
    client = await client.restart().opened();
    const inbound = await alice.send(account, { text: "Still there?" });
    expect(textOf(await client.message(inbound.id))).toBe("Still there?");
    const outbound = await client.send(alice.lid, { text: "Still here" });
    const held = await alice.waitFor((message) => message.id === outbound);
    expect(held.text).toBe("Still here");
    await client.status(outbound, DELIVERY_ACK);
    await settled();
  });

  it("writes first and is understood", async () => {
    await talk();
    const goBack = client.store.snapshot();
    await talk();
    client.kill();
    goBack();
    client = await client.restart().opened();
    const id = await client.send(alice.lid, { text: "Back again" });
    expect((await alice.waitFor((message) => message.id === id)).text).toBe("Back again");
  });
});

describe("faults", () => {
  const acks = (): Record<string, string>[] => {
    const seen: Record<string, string>[] = [];
    client.socket.ws.on("CB:ack,class:message", (node: { attrs: Record<string, string> }) => seen.push(node.attrs));
    return seen;
  };

  it("nacks: the message is not delivered and the device learns the reason", async () => {
    whatsapp.faults.set({ nackRate: 1, nackCode: 463 });
    const id = await client.send(alice.lid, { text: "Cold call" });
    await client.status(id, ERROR);
    const update = client.updates.find((candidate) => candidate.key.id === id);
    expect(update?.update.messageStubParameters?.[0]).toBe("463");
    expect(alice.inbox(account)).toEqual([]);
    whatsapp.faults.clear();
    await client.send(alice.lid, { text: "Again" }, id);
    await alice.waitFor((message) => message.id === id);
  });

  it("lost acks: the message is delivered and the device is not told", async () => {
    const seen = acks();
    whatsapp.faults.set({ lostAckRate: 1 });
    const id = await client.send(alice.lid, { text: "Hello?" });
    await alice.waitFor((message) => message.id === id);
    whatsapp.faults.clear();
    await client.send(alice.lid, { text: "Hello?" }, id);
    await expect.poll(() => seen.map((attrs) => attrs["id"])).toEqual([id]);
    expect(alice.inbox(account)).toHaveLength(1);
  });

  it("duplicates: one id may come twice, and nothing is missing", async () => {
    whatsapp.faults.set({ duplicateRate: 1 });
    const sends = Array.from({ length: 12 }, (_, index) => alice.send(account, { text: `${index}` }));
    const ids = (await Promise.all(sends)).map((sent) => sent.id);
    for (const id of ids) await client.message(id);
    await settled();
    const arrived = client.inbound.map((message) => message.key.id);
    expect(new Set(arrived)).toEqual(new Set(ids));
    expect(arrived.length).toBeGreaterThan(ids.length);
  });

  it("late and reordered receipts: all arrive in the end", async () => {
    whatsapp.faults.set({ reorderReceipts: true, duplicateRate: 0.5 });
    const first = await client.send(alice.lid, { text: "one" });
    await alice.waitFor((message) => message.id === first);
    alice.read(account);
    await client.status(first, READ);
    whatsapp.faults.set({ lateReceiptMs: 30 });
    const second = await client.send(alice.lid, { text: "two" });
    await client.status(second, DELIVERY_ACK);
    await settled();
  });

  it("disconnects: what was under way comes after the next login", async () => {
    whatsapp.faults.set({ disconnectEveryMs: 5 });
    await client.closed(428);
    whatsapp.faults.clear();
    const { id } = await alice.send(account, { text: "Anyone?" });
    client = client.restart();
    await client.message(id);
    await settled();
  });
});

describe("one-time keys", () => {
  it("are asked for when they run low, and sessions start without one when they are gone", async () => {
    const requests: string[] = [];
    client.socket.ws.on("CB:notification,type:encrypt", (node: { attrs: Record<string, string> }) => {
      requests.push(node.attrs["type"] ?? "");
    });
    const customers = Array.from({ length: 20 }, (_, index) =>
      whatsapp.addCustomer({ phone: `+15556${100 + index}`, name: `Customer ${index}` }),
    );
    const fetchKeys = async (): Promise<void> => {
      await client.socket.query({
        tag: "iq",
        attrs: { to: "@s.whatsapp.net", type: "get", xmlns: "encrypt" },
        content: [
          {
            tag: "key",
            attrs: {},
            content: Array.from({ length: 100 }, () => ({
              tag: "user",
              attrs: { jid: account.lid.replace("@", ":1@") },
            })),
          },
        ],
      });
    };
    for (let batch = 0; batch < 9; batch += 1) await fetchKeys();
    await expect.poll(() => requests.length).toBeGreaterThan(0);
    for (const customer of customers) {
      const { id } = await customer.send(account, { text: "Hi" });
      await client.message(id);
    }
  });
});
