import {
  AwaitLoginStep,
  BeginLogin,
  type ChannelAccount,
  ChannelAccountRepository,
  ConversationRepository,
  CreateChannelAccount,
  type LoginStep,
  MessageRepository,
  SendMessage,
} from "@crmessenger/kernel/communication";
import { everything } from "@crmessenger/kernel/infrastructure";
import { communication } from "@crmessenger/communication";
import { memory } from "@crmessenger/memory";
import { sales } from "@crmessenger/sales";
import { startTelegramSandbox } from "@crmessenger/sandbox/telegram";
import { createTestKernel, eventually, type TestKernel } from "@crmessenger/testing";
import { expect, test } from "vitest";
import { telegram } from "./plugin.ts";

async function logIn(kernel: TestKernel, id: string, onQr: (text: string) => Promise<void>): Promise<void> {
  let step: LoginStep = await kernel.run(() => kernel.bus.dispatch(BeginLogin, { id }));
  while (step.kind !== "done") {
    if (step.kind === "show-qr") await onQr(step.text);
    if (step.kind === "failed") throw new Error(step.reason);
    const after = step.sequence;
    step = await kernel.run(() => kernel.bus.ask(AwaitLoginStep, { id, after }));
  }
}

test("in a whole application: login, a conversation both ways, and that it was read", async () => {
  await using sandbox = await startTelegramSandbox();
  const owner = sandbox.addAccount({ firstName: "Shop", phone: "+15550001" });
  const customer = sandbox.addCustomer({ firstName: "Alice", phone: "+15550002" });
  const options = { apiId: 1, apiHash: "hash", dataCentre: sandbox.dataCentre };
  await using kernel = await createTestKernel({ plugins: [memory(), sales(), communication(), telegram(options)] });
  const account: ChannelAccount = await kernel.run(() =>
    kernel.bus.dispatch(CreateChannelAccount, { type: "telegram", name: "Shop", settings: {}, enabled: true }),
  );
  await logIn(kernel, account.id, (text) => owner.scan(text));
  await eventually(async () => {
    const current = await kernel.run(() => kernel.get(ChannelAccountRepository).get(account.id));
    expect(current).toMatchObject({ state: { status: "connected" }, externalId: String(owner.id) });
  });
  await customer.send(owner, { text: "hello" });
  const conversation = await eventually(async () => {
    const { items } = await kernel.run(() => kernel.get(ConversationRepository).find(everything));
    expect(items).toHaveLength(1);
    return items[0];
  });
  const parts = [{ type: "text", text: "good morning" }] as const;
  const queued = await kernel.run(() =>
    kernel.bus.dispatch(SendMessage, { conversationId: conversation?.id ?? "", parts, replyToId: null, origin: null }),
  );
  await customer.waitFor((message) => message.text === "good morning");
  customer.read(owner);
  await eventually(async () => {
    const message = await kernel.run(() => kernel.get(MessageRepository).get(queued.id));
    expect(message).toMatchObject({ status: "read", externalId: String(customer.inbox(owner).at(-1)?.peerMessageId) });
  });
});
