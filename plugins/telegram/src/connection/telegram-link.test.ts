import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { systemClock } from "@crmessenger/kernel/infrastructure";
import { startTelegramSandbox, type TelegramSandbox } from "@crmessenger/sandbox/telegram";
import { createTestClock, type TestClock } from "@crmessenger/testing";
import { Api } from "telegram";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DataCentres } from "./data-centre.ts";
import { TelegramLink } from "./telegram-link.ts";

const APPLICATION = { apiId: 1, apiHash: "h", deviceModel: "test", appVersion: "1" };

let sandbox: TelegramSandbox;
let proxy: Server;
let sockets: Socket[];
let frozen: boolean;
beforeEach(async () => {
  sandbox = await startTelegramSandbox();
  sockets = [];
  frozen = false;
  // In between, so that it can fall silent without hanging up.
  proxy = createServer((client) => {
    const server = connect(sandbox.dataCentre.port, sandbox.dataCentre.host);
    client.on("data", (data) => frozen || server.write(data));
    server.on("data", (data) => frozen || client.write(data));
    client.on("close", () => server.destroy());
    server.on("close", () => client.destroy());
    sockets.push(client, server);
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  proxy.close();
  await sandbox.close();
});

function open(clock: TestClock | typeof systemClock, signal?: AbortSignal): Promise<TelegramLink> {
  const { port } = proxy.address() as { port: number };
  const dataCentre = new DataCentres({ ...sandbox.dataCentre, port }).first();
  return TelegramLink.open({ dataCentre, application: APPLICATION, clock }, signal);
}

test("a connection that falls silent is noticed by a ping", async () => {
  const clock = createTestClock();
  const link = await open(clock);
  await clock.advance(9_000);
  frozen = true;
  const asked = link.invoke(new Api.help.GetConfig());
  await Promise.all([
    expect(asked).rejects.toMatchObject({ code: "CRM_TELEGRAM_LINK_LOST", retryable: true }),
    clock.advance(21_000),
  ]);
  expect((await link.closed).message).toContain("does not answer");
  await expect(link.invoke(new Api.help.GetConfig())).rejects.toMatchObject({ code: "CRM_TELEGRAM_LINK_LOST" });
});

test("a server that takes the call and says nothing is given up on", async () => {
  const clock = createTestClock();
  frozen = true;
  const opening = open(clock);
  await Promise.all([
    expect(opening).rejects.toMatchObject({ code: "CRM_TELEGRAM_UNREACHABLE" }),
    clock.advance(20_000),
  ]);
});

test("opening can be called off", async () => {
  frozen = true;
  const abort = new AbortController();
  const opening = open(systemClock, abort.signal);
  abort.abort(new Error("never mind"));
  await expect(opening).rejects.toThrow("never mind");
  await expect(open(systemClock, abort.signal)).rejects.toThrow("never mind");
});

test("closing ends what is under way, and says why", async () => {
  const link = await open(systemClock);
  expect(link.authKey).toHaveLength(256);
  frozen = true;
  const asked = link.invoke(new Api.help.GetConfig());
  link.close();
  await expect(asked).rejects.toMatchObject({ code: "CRM_TELEGRAM_LINK_LOST" });
  expect((await link.closed).message).toContain("it was closed");
});
