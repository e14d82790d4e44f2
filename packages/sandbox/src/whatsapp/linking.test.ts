import { createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startWhatsAppSandbox, type BusinessAccount, type WhatsAppSandbox } from "./index.ts";
import { WhatsAppClient } from "./whatsapp-client.test.fixture.ts";

let whatsapp: WhatsAppSandbox;
let account: BusinessAccount;
const clients: WhatsAppClient[] = [];

async function start(options?: Parameters<typeof startWhatsAppSandbox>[0]): Promise<void> {
  whatsapp = await startWhatsAppSandbox(options);
  account = whatsapp.addAccount({ phone: "+1 555 0100", name: "Bean & Brew" });
}

function client(...options: ConstructorParameters<typeof WhatsAppClient> extends [unknown, ...infer R] ? R : never) {
  const made = new WhatsAppClient(whatsapp.server, ...options);
  clients.push(made);
  return made;
}

beforeEach(() => start());
afterEach(async () => {
  for (const used of clients.splice(0)) used.close();
  await whatsapp.close();
});

describe("linking a device", () => {
  it("goes from a scanned QR code through the restart to a login", async () => {
    const linked = await client().link(account);
    expect(linked.closeCodes).toEqual([515]);
    expect(linked.socket.user).toMatchObject({ id: "15550100:1@s.whatsapp.net", name: "Bean & Brew" });
    expect(linked.socket.user?.lid).toBe(account.lid.replace("@", ":1@"));
    expect(account.devices()).toMatchObject([{ id: 1, connected: true }]);
    expect(linked.store.count("pre-key")).toBeGreaterThanOrEqual(812);
  });

  it("links up to four devices and refuses a fifth", async () => {
    for (const id of [1, 2, 3, 4]) {
      await client().link(account);
      expect(account.devices().map((device) => device.id)).toContain(id);
    }
    const fifth = client().connect();
    await expect(account.scan(await fifth.qrCode())).rejects.toThrow("4 linked devices");
  });

  it("refuses a code that has expired and takes the next one", async () => {
    await whatsapp.close();
    await start({ pairing: { firstRefMs: 1, nextRefMs: 60_000 } });
    const linking = client({ qrTimeout: 20 }).connect();
    const second = await linking.qrCode(1);
    await expect(account.scan(await linking.qrCode(0))).rejects.toThrow("expired");
    await account.scan(second);
    await linking.opened();
  });

  it("refuses a code twice, a code of a closed connection and what is no code", async () => {
    const linking = await client().link(account);
    await expect(account.scan(await linking.qrCode())).rejects.toThrow("expired");
    const other = client().connect();
    const code = await other.qrCode();
    whatsapp.disconnectAll();
    await other.closed(428);
    await expect(account.scan(code)).rejects.toThrow("expired");
    await expect(account.scan("https://example.com")).rejects.toThrow("not a WhatsApp linking code");
  });

  it("refuses a code whose keys are not those of the connection", async () => {
    const linking = client().connect();
    const parts = (await linking.qrCode()).split(",");
    parts[1] = Buffer.alloc(32, 7).toString("base64");
    await expect(account.scan(parts.join(","))).rejects.toThrow("other keys");
  });

  it("fails the scan when the device does not accept the secret of the code", async () => {
    const linking = client().connect();
    const parts = (await linking.qrCode()).split(",");
    parts[3] = Buffer.alloc(32, 7).toString("base64");
    await expect(account.scan(parts.join(","))).rejects.toThrow("hung up");
    expect(account.devices()).toEqual([]);
  });

  it("runs out of codes", async () => {
    await whatsapp.close();
    await start({ pairing: { refs: 2 } });
    const linking = client({ qrTimeout: 5 }).connect();
    await linking.closed(408);
    expect(linking.qrCodes).toHaveLength(2);
  });

  it("asks for a new secret where the server demands a refreshed registration", async () => {
    await whatsapp.close();
    await start({ pairing: { refreshRegistration: true } });
    const linking = client().connect();
    const code = await linking.qrCode();
    await expect(account.scan(code)).rejects.toThrow("new secret");
    await expect(account.scan(code)).rejects.toThrow("new secret");
    expect(account.devices()).toEqual([]);
  });
});

describe("a linked device", () => {
  it("is logged out by its phone and refused from then on", async () => {
    const linked = await client().link(account);
    account.logOutDevices();
    await linked.closed(401);
    expect(account.devices()).toEqual([]);
    const again = linked.restart();
    clients.push(again);
    await again.closed(401);
  });

  it("logs itself out", async () => {
    const linked = await client().link(account);
    await linked.socket.logout();
    await linked.closed(401);
    await expect.poll(() => account.devices()).toEqual([]);
  });

  it("is replaced by a second connection with the same credentials", async () => {
    const first = await client().link(account);
    const second = client({}, first.store).connect();
    await first.closed(440);
    await second.opened();
    expect(account.devices()).toMatchObject([{ id: 1, connected: true }]);
  });

  it("is cut off and comes back with what it stored", async () => {
    const linked = await client().link(account);
    whatsapp.disconnectAll();
    await linked.closed(428);
    await expect.poll(() => account.devices()[0]?.connected).toBe(false);
    const again = linked.restart();
    clients.push(again);
    await again.opened();
    expect(again.qrCodes).toEqual([]);
  });

  it("is turned away while the server is overloaded", async () => {
    const linked = await client().link(account);
    whatsapp.faults.set({ refuseLoginRate: 1 });
    whatsapp.disconnectAll();
    await linked.closed(428);
    const again = linked.restart();
    clients.push(again);
    await again.closed(503);
    whatsapp.faults.clear();
    const third = again.restart();
    clients.push(third);
    await third.opened();
  });
});

describe("the server", () => {
  it("refuses numbers that are none and numbers that are taken", () => {
    expect(() => whatsapp.addCustomer({ phone: "call me", name: "Nobody" })).toThrow(
      "not an international phone number",
    );
    expect(() => whatsapp.addCustomer({ phone: "+15550100", name: "Twin" })).toThrow("registered already");
  });

  it("gives the same number the same LID under the same seed", async () => {
    await using other = await startWhatsAppSandbox({ seed: 1 });
    await using third = await startWhatsAppSandbox({ seed: 2 });
    expect(other.addAccount({ phone: "+15550100", name: "Again" }).lid).toBe(account.lid);
    expect(third.addAccount({ phone: "+15550100", name: "Again" }).lid).not.toBe(account.lid);
  });

  it("cuts off who does not speak its protocol", async () => {
    const stranger = new WebSocket(whatsapp.server.url);
    stranger.addEventListener("open", () => stranger.send(Buffer.from("GET / HTTP/1.1")));
    await new Promise((resolve) => stranger.addEventListener("close", resolve));
  });

  it("tells of stanzas it can't handle and cuts off who sent them", async () => {
    await whatsapp.close();
    const failures: unknown[] = [];
    await start({ onError: (error) => failures.push(error) });
    const linked = await client().link(account);
    const malformed = linked.socket.sendRawMessage(Buffer.from([0, 248, 0]));
    await malformed;
    await linked.closed(428);
    expect(failures).toHaveLength(1);
  });

  it("rejects when its port is taken", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as { port: number };
    await expect(startWhatsAppSandbox({ port })).rejects.toThrow("EADDRINUSE");
    await new Promise((resolve) => taken.close(resolve));
  });
});
