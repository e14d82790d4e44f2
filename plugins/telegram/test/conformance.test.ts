import { communication } from "@crmessenger/communication";
import { type ChannelAccount, type ChannelProvider, ChannelRegistry } from "@crmessenger/kernel/communication";
import { memory } from "@crmessenger/memory";
import { sales } from "@crmessenger/sales";
import { type TelegramSandbox, startTelegramSandbox } from "@crmessenger/sandbox/telegram";
import {
  type ChannelUnderTest,
  createRecordingHost,
  createTestKernel,
  describeChannel,
  describeLoginFlow,
  followLogin,
} from "@crmessenger/testing";
import { telegram } from "../src/index.ts";

const account: ChannelAccount = {
  id: "0190a000-0000-7000-8000-000000000001",
  tenantId: "default",
  version: 1,
  createdAt: "2026-01-02T03:04:05.006Z",
  updatedAt: "2026-01-02T03:04:05.006Z",
  deletedAt: null,
  type: "telegram",
  name: "Shop",
  enabled: true,
  settings: {},
  externalId: null,
  state: { status: "stopped", reason: "" },
};

interface Application {
  readonly sandbox: TelegramSandbox;
  readonly provider: ChannelProvider;
  stop(): Promise<void>;
}

async function start(): Promise<Application> {
  const sandbox = await startTelegramSandbox();
  const { dataCentre } = sandbox;
  const channel = telegram({ apiId: 1, apiHash: "hash", dataCentre, checkIntervalMs: 200 });
  const kernel = await createTestKernel({ plugins: [memory(), sales(), communication(), channel] });
  return {
    sandbox,
    provider: kernel.get(ChannelRegistry).provider("telegram"),
    async stop() {
      await kernel.stop();
      await sandbox.close();
    },
  };
}

async function channelUnderTest(): Promise<ChannelUnderTest> {
  const { sandbox, provider, stop } = await start();
  const shop = sandbox.addAccount({ firstName: "Shop", phone: "+15550001" });
  const anna = sandbox.addCustomer({ firstName: "Anna", phone: "+15550002" });
  const steps = await followLogin(
    await provider.login(createRecordingHost(account), "qr"),
    ({ kind }) => kind === "done",
    async (step) => (step.kind === "show-qr" ? shop.scan(step.text) : undefined),
  );
  const done = steps.at(-1);
  return {
    provider,
    account: { ...account, externalId: done?.kind === "done" ? done.externalId : null },
    customer: {
      conversationExternalId: String(anna.id),
      write: async (text) => void (await anna.send(shop, { text })),
      received: () => anna.inbox(shop).flatMap(({ direction, text }) => (direction === "in" ? [text] : [])),
      read: async () => anna.read(shop),
    },
    interrupt: async () => sandbox.disconnectAll(),
    stop,
  };
}

describeChannel({ name: "telegram", create: channelUnderTest });

for (const password of [undefined, "hunter2"]) {
  describeLoginFlow({
    name: password === undefined ? "telegram by QR code" : "telegram by QR code and password",
    async begin() {
      const { sandbox, provider, stop } = await start();
      const phone = "+15550001";
      const shop = sandbox.addAccount({ firstName: "Shop", phone, ...(password === undefined ? {} : { password }) });
      const flow = await provider.login(createRecordingHost(account), "qr");
      return {
        flow,
        async act(step) {
          if (step.kind === "show-qr") await shop.scan(step.text);
          if (step.kind === "ask") await flow.submit({ password: password ?? "" });
        },
        ...(password === undefined ? {} : { wrongAnswer: { password: "hunter3" } }),
        stop,
      };
    },
  });
}

describeLoginFlow({
  name: "telegram by bot token",
  async begin() {
    const { sandbox, provider, stop } = await start();
    const bot = sandbox.addBot({ token: "4242:secret", firstName: "Bot", username: "shop_bot" });
    const flow = await provider.login(createRecordingHost(account), "bot-token");
    return {
      flow,
      act: async ({ kind }) => (kind === "ask" ? flow.submit({ token: bot.token }) : undefined),
      wrongAnswer: { token: "12345:nonsense" },
      stop,
    };
  },
});
