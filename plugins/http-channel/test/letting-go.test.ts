import { CrmError } from "@crmessenger/kernel";
import { type ChannelHost, UpdateChannelAccount } from "@crmessenger/kernel/communication";
import type { RouteRequest } from "@crmessenger/kernel/http";
import { Clock, HttpClient, Secrets, Storage } from "@crmessenger/kernel/infrastructure";
import { type Gate, createGate, createRecordingHost, eventually } from "@crmessenger/testing";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { HttpChannel } from "../src/http-channel.ts";
import { type SigningKey, parseSigningKey, sign } from "../src/index.ts";
import { HttpChannelProvider } from "../src/provider.ts";
import { webhookRoute } from "../src/webhook-route.ts";
import { accountOf, logIn, openAccount, providerOf } from "./support/open-account.ts";
import { OtherSystem } from "./support/other-system.ts";
import { type World, messageOf, startWorld } from "./support/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.kernel.stop());

const KEY = "0190a1b2-0000-7000-8000-000000000001";
const NOT_CONNECTED = { status: 503, body: { code: "CRM_CHANNEL_NOT_CONNECTED" } };

/** A request as the HTTP server hands it over. */
function signed(secret: string, accountId: string, data: object): RouteRequest {
  const body = JSON.stringify({ type: "message", data });
  const headers = sign(parseSigningKey(secret) as SigningKey, { id: "post-1", at: Date.now(), body });
  const { signal } = new AbortController();
  const [url, query] = [`/hooks/http-channel/${accountId}`, new URLSearchParams()];
  return { method: "POST", url, params: { accountId }, query, headers, body: Buffer.from(body), signal };
}

/** An account and a file whose server answers when the gate is opened. */
async function openWithSlowFile() {
  const account = await openAccount(world);
  const { other } = account;
  const gate: Gate = createGate();
  other.files.set("/slow", async () => {
    await gate.opened;
    return { status: 200, body: "file" };
  });
  const media = [{ url: `${other.origin}/slow`, mimeType: "text/plain" }];
  const writing = account.write({ media });
  await eventually(() => expect(other.fetched).toEqual(["/slow"]));
  return { ...account, gate, media, writing };
}

describe("a request in hand", () => {
  it("is to be repeated when the account is taken away while its file is fetched", async () => {
    const { host, writing, gate } = await openWithSlowFile();
    host.letGo();
    expect(await writing).toMatchObject(NOT_CONNECTED);
    gate.open();
    expect(host.received).toEqual([]);
  });

  it("is given up by a disconnect that comes while its file is fetched", async () => {
    const { channel, host, other, writing, gate, media, write } = await openWithSlowFile();
    await channel.disconnect();
    expect(await writing).toMatchObject(NOT_CONNECTED);
    expect(host.received).toEqual([]);
    gate.open();
    await channel.connect();
    expect((await write({ media })).status).toBe(200);
    expect([host.received.length, other.fetched.length]).toEqual([1, 2]);
  });

  it("is finished before a disconnect that comes while it is being committed", async () => {
    const [gate, begun] = [createGate(), createGate()];
    const slowly = (host: ChannelHost): ChannelHost => ({
      ...host,
      receive: async (message) => {
        begun.open();
        await gate.opened;
        return host.receive(message);
      },
    });
    const { channel, host, write } = await openAccount(world, { host: slowly });
    const writing = write();
    await begun.opened;
    let receivedWhenGone: number | undefined;
    const disconnecting = channel.disconnect().then(() => {
      receivedWhenGone = host.received.length;
    });
    expect(await write({ id: "m-2" })).toMatchObject(NOT_CONNECTED);
    expect(receivedWhenGone).toBeUndefined();
    gate.open();
    expect((await writing).status).toBe(200);
    await disconnecting;
    expect(receivedWhenGone).toBe(1);
  });

  it("is given up by a disconnect that comes while its file is stored", async () => {
    const { kernel } = world;
    const [clock, http, memory] = [kernel.get(Clock), kernel.get(HttpClient), kernel.get(Storage)];
    const [gate, begun] = [createGate(), createGate()];
    const storage: Storage = {
      get: (path) => memory.get(path),
      stat: (path) => memory.stat(path),
      delete: (path) => memory.delete(path),
      put: async (...file) => {
        begun.open();
        await gate.opened;
        return memory.put(...file);
      },
    };
    const other = await OtherSystem.start();
    onTestFinished(() => other.stop());
    other.files.set("/a", { status: 200, body: "file" });
    const host = createRecordingHost(accountOf({}));
    await logIn(world, host.account, other.secret);
    const services = { clock, http, storage };
    const provider = new HttpChannelProvider({ ...services, secrets: kernel.get(Secrets) });
    const channel = provider.open(host);
    await channel.connect();
    const data = { ...messageOf("m-1", "Look"), media: [{ url: `${other.origin}/a`, mimeType: "text/plain" }] };
    const answering = webhookRoute(services, provider).handle(signed(other.secret, host.account.id, data));
    await begun.opened;
    const disconnecting = channel.disconnect();
    gate.open();
    expect((await answering).status).toBe(503);
    await disconnecting;
    expect(host.received).toEqual([]);
  });

  it("is to be repeated when another process has taken over, which is nobody's mistake", async () => {
    const { host, write } = await openAccount(world);
    const lost = { status: 409, retryable: true };
    host.failReceiving(new CrmError("CRM_CHANNEL_LEASE_LOST", "Another process runs the account.", lost));
    const { status, headers, body } = await write();
    expect([status, headers.get("retry-after"), body["code"]]).toEqual([503, "2", "CRM_CHANNEL_LEASE_LOST"]);
    expect(host.logger).toMatchObject({ lines: [] });
    expect((await write()).status).toBe(200);
  });

  it("goes on when its sender has gone away, so that the repetition finds it done", async () => {
    const { channel, host, other, gate, media, write } = await openWithSlowFile();
    const aborter = new AbortController();
    const impatient = other.post(
      world.hook(host.account.id),
      {
        type: "message",
        data: { ...messageOf("m-2", "Hello?"), media },
      },
      { signal: aborter.signal },
    );
    await eventually(() => expect(other.fetched).toHaveLength(2));
    aborter.abort();
    await expect(impatient).rejects.toThrow("aborted");
    gate.open();
    await eventually(() => expect(host.received).toHaveLength(2));
    expect((await write({ id: "m-2", media })).body).toMatchObject({ duplicate: true });
    expect([channel.state().status, other.fetched.length]).toEqual(["connected", 2]);
  });

  it("in a whole application is taken over after the account is enabled again", async () => {
    const { account, other, write } = await world.connectShop();
    const gate = createGate();
    other.files.set("/slow", async () => {
      await gate.opened;
      return { status: 200, body: "file" };
    });
    const media = [{ url: `${other.origin}/slow`, mimeType: "text/plain" }];
    const { kernel } = world;
    const enable = (enabled: boolean) =>
      kernel.run(() => kernel.bus.dispatch(UpdateChannelAccount, { id: account.id, enabled }));
    const writing = write({ media });
    await eventually(() => expect(other.fetched).toHaveLength(1));
    await enable(false);
    expect(await writing).toMatchObject(NOT_CONNECTED);
    await world.isIn(account.id, "stopped");
    gate.open();
    await enable(true);
    await eventually(async () =>
      expect(await write({ media })).toMatchObject({ status: 200, body: { duplicate: false } }),
    );
  });
});

describe("a message on its way out", () => {
  it.each(["the account is taken away", "the channel disconnects"])(
    "is repeated under its key by whoever runs the account next, when %s",
    async (why) => {
      const { channel, host, other, send } = await openAccount(world);
      other.react = () => "silence";
      const sending = send(KEY).catch((error: unknown) => error);
      await eventually(() => expect(other.posted).toHaveLength(1));
      if (why === "the channel disconnects") await channel.disconnect();
      else host.letGo();
      expect(await sending).toBeInstanceOf(Error);
      await channel.disconnect();
      other.react = () => ({ status: 200 });
      const next = providerOf(world).open(createRecordingHost(host.account));
      await next.connect();
      const message = {
        id: KEY,
        conversationId: "c",
        conversationExternalId: "c-1",
        parts: [{ type: "text", text: KEY }],
      } as const;
      expect(await next.send(message, { idempotencyKey: KEY })).toMatchObject({ outcome: "accepted", externalId: KEY });
      await next.disconnect();
      expect([other.posted.map(({ id }) => id), other.texts]).toEqual([[KEY, KEY], [KEY]]);
    },
  );
});

describe("a connect", () => {
  it("that is overtaken by a disconnect has no effect", async () => {
    const gate = createGate();
    const key = parseSigningKey(Buffer.alloc(24).toString("base64"));
    const host = createRecordingHost(accountOf({}));
    const connected = new Map<string, HttpChannel>();
    const loadKey = () => gate.opened.then(() => key);
    const { kernel } = world;
    const services = { clock: kernel.get(Clock), http: kernel.get(HttpClient), storage: kernel.get(Storage) };
    const channel = new HttpChannel(services, { host, outboundUrl: undefined, loadKey, connected });
    const connecting = channel.connect();
    await channel.disconnect();
    gate.open();
    await connecting;
    expect([channel.state().status, connected.size, host.states]).toEqual(["stopped", 0, []]);
  });

  it("leaves the place to the channel that came after it", async () => {
    const { channel, host, write } = await openAccount(world);
    const next = providerOf(world).open(createRecordingHost(host.account));
    await next.connect();
    await channel.disconnect();
    expect((await write()).status).toBe(200);
    expect(host.received).toEqual([]);
    await next.disconnect();
    expect(await write()).toMatchObject(NOT_CONNECTED);
  });

  it("without a login says what to do", async () => {
    const host = createRecordingHost(accountOf({}));
    const channel = providerOf(world).open(host);
    await channel.connect();
    expect(channel.state()).toMatchObject({ status: "needs-login", reason: expect.stringContaining("secret") });
    expect(host.states).toEqual([channel.state()]);
  });
});
