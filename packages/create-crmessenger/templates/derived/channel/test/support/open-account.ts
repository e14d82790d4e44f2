import type { Channel, ChannelAccount, ChannelProvider } from "@crmessenger/kernel/communication";
import { ChannelRegistry } from "@crmessenger/kernel/communication";
import { Storage, uuidV7 } from "@crmessenger/kernel/infrastructure";
import { memory } from "@crmessenger/memory";
import { httpClient } from "@crmessenger/node";
import { communication } from "@crmessenger/communication";
import { type RecordingHost, createRecordingHost, createTestKernel } from "@crmessenger/testing";
import { onTestFinished } from "vitest";
import { templateName } from "../../src/index.ts";
import type { TemplateNameCustomer } from "./template-name-customer.ts";
import { TemplateNameServer } from "./template-name-server.ts";

const ids = uuidV7();

/** A provider with everything behind it. Stops with the running test. */
export async function startProvider(): Promise<{ readonly provider: ChannelProvider; readonly storage: Storage }> {
  const kernel = await createTestKernel({
    plugins: [memory(), communication(), httpClient({ allowedHosts: ["127.0.0.1"] }), templateName()],
  });
  onTestFinished(() => kernel.stop());
  return { provider: kernel.get(ChannelRegistry).provider("template-name"), storage: kernel.get(Storage) };
}

/** A Template name server. Stops with the running test. */
export async function startTemplateName(): Promise<TemplateNameServer> {
  const server = await TemplateNameServer.start();
  onTestFinished(() => server.stop());
  return server;
}

/** An account as it is before anybody has logged in. */
export function accountOn(server: TemplateNameServer): ChannelAccount {
  const at = "2026-01-02T03:04:05.006Z";
  return {
    id: ids.next(),
    type: "template-name",
    name: "Coffee shop",
    enabled: true,
    settings: { baseUrl: server.url },
    externalId: null,
    state: { status: "stopped", reason: "" },
    tenantId: "default",
    version: 1,
    createdAt: at,
    updatedAt: at,
    deletedAt: null,
  };
}

/** Stores a token for an account. */
export async function logIn(provider: ChannelProvider, account: ChannelAccount, token: string): Promise<void> {
  const flow = await provider.login(createRecordingHost(account), "token");
  await flow.submit({ token });
}

export interface OpenAccount {
  readonly server: TemplateNameServer;
  readonly host: RecordingHost;
  readonly channel: Channel;
  readonly customer: TemplateNameCustomer;
  readonly storage: Storage;
}

/** A connected channel alone, with a customer at the other end. */
export async function openAccount(): Promise<OpenAccount> {
  const { provider, storage } = await startProvider();
  const server = await startTemplateName();
  const account = accountOn(server);
  await logIn(provider, account, server.token);
  const host = createRecordingHost(account);
  const channel = provider.open(host);
  onTestFinished(() => channel.disconnect());
  await channel.connect();
  return { server, host, channel, customer: server.customer("Anna"), storage };
}
