import { communication } from "@crmessenger/communication";
import {
  AwaitLoginStep,
  BeginLogin,
  CreateChannelAccount,
  GetChannelAccount,
  ListConversations,
  ListMessages,
  Logout,
  SendMessage,
  type Message,
} from "@crmessenger/kernel/communication";
import type { Kernel } from "@crmessenger/kernel";
import { memory } from "@crmessenger/memory";
import { sales } from "@crmessenger/sales";
import { startWhatsAppSandbox, type Customer, type WhatsAppSandbox } from "@crmessenger/sandbox/whatsapp";
import { createTestKernel } from "@crmessenger/testing";
import { afterEach, beforeEach, expect, it } from "vitest";
import { whatsapp as whatsappPlugin } from "./index.ts";

let whatsapp: WhatsAppSandbox;
let kernel: Kernel;
let alice: Customer;
let accountId: string;
let phone: ReturnType<WhatsAppSandbox["addAccount"]>;

beforeEach(async () => {
  whatsapp = await startWhatsAppSandbox();
  phone = whatsapp.addAccount({ phone: "+1 555 0100", name: "Bean & Brew" });
  alice = whatsapp.addCustomer({ phone: "+1 555 0101", name: "Alice", autoRead: true });
  kernel = await createTestKernel({
    plugins: [memory(), sales(), communication(), whatsappPlugin({ server: whatsapp.server })],
  });
  accountId = await link();
});
afterEach(async () => {
  await kernel.stop();
  await whatsapp.close();
});

/** What a person does at the console: add an account, scan the code, see it connected. */
async function link(): Promise<string> {
  const { bus } = kernel;
  const { id } = await bus.dispatch(CreateChannelAccount, {
    type: "whatsapp",
    name: "Shop",
    settings: {},
    enabled: true,
  });
  let step = await bus.dispatch(BeginLogin, { id });
  while (step.kind !== "show-qr") step = await bus.ask(AwaitLoginStep, { id, after: step.sequence });
  await phone.scan(step.text);
  while (step.kind !== "done") step = await bus.ask(AwaitLoginStep, { id, after: step.sequence });
  await expect.poll(() => state(id), { timeout: 10_000 }).toBe("connected");
  return id;
}

async function state(id: string): Promise<string> {
  return (await kernel.bus.ask(GetChannelAccount, { id })).state.status;
}

async function messages(): Promise<readonly Message[]> {
  const conversations = await kernel.bus.ask(ListConversations, {});
  const [conversation] = conversations.items;
  if (!conversation) return [];
  return (await kernel.bus.ask(ListMessages, { conversationId: conversation.id })).items;
}

it("carries a conversation from the first word to the read receipt", async () => {
  expect((await kernel.bus.ask(GetChannelAccount, { id: accountId })).externalId).toBe("+15550100");
  const { id } = await alice.send(phone, { text: "Hello, is it open?" });
  await expect
    .poll(async () => (await messages()).map((message) => message.externalId), { timeout: 10_000 })
    .toEqual([id]);
  const [question] = await messages();
  const answer = await kernel.bus.dispatch(SendMessage, {
    conversationId: question?.conversationId ?? "",
    parts: [{ type: "text", text: "Until six" }],
    replyToId: question?.id ?? null,
    origin: null,
  });
  const held = await alice.waitFor((message) => message.direction === "received");
  expect(held).toMatchObject({ text: "Until six", replyTo: id });
  await expect
    .poll(async () => (await messages()).find((message) => message.id === answer.id)?.status, { timeout: 10_000 })
    .toBe("read");
});

it("keeps what is written while it is logged out, and goes on after a new login", async () => {
  const { id } = await alice.send(phone, { text: "Hello" });
  await expect.poll(async () => (await messages()).length, { timeout: 10_000 }).toBe(1);
  await kernel.bus.dispatch(Logout, { id: accountId });
  expect(phone.devices()).toEqual([]);
  await expect.poll(() => state(accountId)).toBe("needs-login");
  const [question] = await messages();
  expect(question?.externalId).toBe(id);
  await kernel.bus.dispatch(SendMessage, {
    conversationId: question?.conversationId ?? "",
    parts: [{ type: "text", text: "Back soon" }],
    replyToId: null,
    origin: null,
  });
  let step = await kernel.bus.dispatch(BeginLogin, { id: accountId });
  while (step.kind !== "show-qr") {
    step = await kernel.bus.ask(AwaitLoginStep, { id: accountId, after: step.sequence });
  }
  await phone.scan(step.text);
  const held = await alice.waitFor((message) => message.direction === "received", { deadlineMs: 20_000 });
  expect(held.text).toBe("Back soon");
});
