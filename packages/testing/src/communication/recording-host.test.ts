import type { ChannelAccount, InboundMessage } from "@crmessenger/kernel/communication";
import { expect, test } from "vitest";
import { createRecordingHost } from "./recording-host.ts";

const at = "2026-01-05T09:00:00.000Z";

const account: ChannelAccount = {
  id: "account",
  tenantId: "default",
  version: 1,
  createdAt: at,
  updatedAt: at,
  deletedAt: null,
  type: "testing",
  name: "Shop",
  enabled: true,
  settings: {},
  externalId: null,
  state: { status: "stopped", reason: "" },
};

const message = (externalId: string): InboundMessage => ({
  channelAccountId: account.id,
  channelType: account.type,
  externalId,
  conversationExternalId: "chat",
  sender: { name: "Anna", identities: [{ kind: "testing", value: "anna", verified: true }] },
  parts: [{ type: "text", text: "Hello" }],
  sentAt: at,
});

test("keeps what it is told, and tells duplicates apart", async () => {
  const host = createRecordingHost(account);
  expect(await host.receive(message("1"))).toMatchObject({ duplicate: false });
  expect(await host.receive(message("1"))).toMatchObject({ duplicate: true });
  await host.report([{ status: "read", at, externalId: "2" }]);
  host.changeState({ status: "connected", reason: "" });
  await host.identify("4242");
  expect(host).toMatchObject({
    received: [message("1")],
    duplicates: [message("1")],
    updates: [{ status: "read" }],
    states: [{ status: "connected" }],
    externalId: "4242",
  });
});

test("refuses messages as often as told, and keeps none of those", async () => {
  const host = createRecordingHost(account);
  const away = new Error("the database is away");
  host.failReceiving(away, 2);
  for (let times = 0; times < 2; times += 1) await expect(host.receive(message("1"))).rejects.toBe(away);
  expect(await host.receive(message("1"))).toMatchObject({ duplicate: false });
  expect(host.received).toHaveLength(1);
});

test("takes the account away", () => {
  const host = createRecordingHost(account);
  host.letGo();
  expect(host.signal.aborted).toBe(true);
});
