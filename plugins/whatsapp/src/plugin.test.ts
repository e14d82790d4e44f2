import { createKernel, definePlugin } from "@crmessenger/kernel";
import { ChannelRegistry, type ChannelProvider } from "@crmessenger/kernel/communication";
import { Secrets, silentLogger, Storage } from "@crmessenger/kernel/infrastructure";
import { startWhatsAppSandbox } from "@crmessenger/sandbox/whatsapp";
import { expect, it } from "vitest";
import { whatsapp } from "./index.ts";
import { TestSecrets, TestStorage } from "./test-account.test.fixture.ts";

const providers: ChannelProvider[] = [];

const surroundings = definePlugin({
  id: "surroundings",
  version: "1.0.0",
  provides: { channels: ChannelRegistry, storage: Storage, secrets: Secrets },
  boot: () => ({
    provide: {
      channels: {
        register: (provider) => void providers.push(provider),
        provider: () => providers[0] as ChannelProvider,
        types: () => [],
      },
      storage: new TestStorage(),
      secrets: new TestSecrets(),
    },
  }),
});

it("registers its channel", async () => {
  await using sandbox = await startWhatsAppSandbox();
  const plugins = [surroundings(), whatsapp({ server: sandbox.server })];
  await using kernel = await createKernel({ plugins, logger: silentLogger });
  expect(kernel.inspect().plugins.map((plugin) => plugin.id)).toContain("whatsapp");
  expect(providers[0]).toMatchObject({ type: "whatsapp", loginMethods: ["qr"] });
  expect(providers[0]?.settings.parse({})).toEqual({});
});

it("refuses options that make no sense, by their path", async () => {
  const server = { url: "http://127.0.0.1", rootKey: "AAAA", mediaHost: "a", mediaCertificate: "b" };
  const booting = createKernel({ plugins: [surroundings(), whatsapp({ server })], logger: silentLogger });
  await expect(booting).rejects.toThrow(/whatsapp.*server\.url/s);
});
