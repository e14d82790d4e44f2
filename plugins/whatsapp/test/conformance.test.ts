import { communication } from "@crmessenger/communication";
import { type ChannelAccount, type ChannelProvider, ChannelRegistry } from "@crmessenger/kernel/communication";
import { memory } from "@crmessenger/memory";
import { sales } from "@crmessenger/sales";
import { type WhatsAppSandbox, startWhatsAppSandbox } from "@crmessenger/sandbox/whatsapp";
import {
  type ChannelUnderTest,
  createRecordingHost,
  createTestKernel,
  describeChannel,
  describeLoginFlow,
  followLogin,
} from "@crmessenger/testing";
import { whatsapp } from "../src/index.ts";

const account: ChannelAccount = {
  id: "0190a000-0000-7000-8000-000000000001",
  tenantId: "default",
  version: 1,
  createdAt: "2026-01-02T03:04:05.006Z",
  updatedAt: "2026-01-02T03:04:05.006Z",
  deletedAt: null,
  type: "whatsapp",
  name: "Shop",
  enabled: true,
  settings: {},
  externalId: null,
  state: { status: "stopped", reason: "" },
};

interface Application {
  readonly sandbox: WhatsAppSandbox;
  readonly provider: ChannelProvider;
  stop(): Promise<void>;
}

async function start(): Promise<Application> {
  const sandbox = await startWhatsAppSandbox();
  const plugins = [memory(), sales(), communication(), whatsapp({ server: sandbox.server })];
  const kernel = await createTestKernel({ plugins });
  return {
    sandbox,
    provider: kernel.get(ChannelRegistry).provider("whatsapp"),
    async stop() {
      await kernel.stop();
      await sandbox.close();
    },
  };
}

async function channelUnderTest(): Promise<ChannelUnderTest> {
  const { sandbox, provider, stop } = await start();
  const shop = sandbox.addAccount({ phone: "+1 555 0100", name: "Bean & Brew" });
  const anna = sandbox.addCustomer({ phone: "+1 555 0101", name: "Anna" });
  await followLogin(
    await provider.login(createRecordingHost(account), "qr"),
    ({ kind }) => kind === "done",
    async (step) => void (step.kind === "show-qr" && (await shop.scan(step.text))),
  );
  return {
    provider,
    account,
    customer: {
      conversationExternalId: anna.lid,
      write: async (text) => void (await anna.send(shop, { text })),
      received: () => anna.inbox(shop).flatMap(({ direction, text }) => (direction === "received" ? [text ?? ""] : [])),
      read: async () => void anna.read(shop),
    },
    interrupt: async () => sandbox.disconnectAll(),
    stop,
  };
}

describeChannel({ name: "whatsapp", create: channelUnderTest });

describeLoginFlow({
  name: "whatsapp by QR code",
  async begin() {
    const { sandbox, provider, stop } = await start();
    const shop = sandbox.addAccount({ phone: "+1 555 0100", name: "Bean & Brew" });
    const flow = await provider.login(createRecordingHost(account), "qr");
    return { flow, act: async (step) => void (step.kind === "show-qr" && (await shop.scan(step.text))), stop };
  },
});
