import { type Plugin, definePlugin } from "@crmessenger/kernel";
import {
  AwaitLoginStep,
  BeginLogin,
  CancelLogin,
  ConversationRepository,
  GetChannelAccount,
  GetConversation,
  GetMessage,
  GetTimeline,
  ListChannelAccounts,
  ListConversations,
  ListMessages,
  Logout,
  SendMessage,
  SubmitLogin,
  UpdateChannelAccount,
} from "@crmessenger/kernel/communication";
import { PermissionManager } from "@crmessenger/kernel/iam";
import { where } from "@crmessenger/kernel/infrastructure";
import { ContactRepository } from "@crmessenger/kernel/sales";
import { describe, expect, it } from "vitest";
import { ScriptedChannel } from "./scripted-channel.ts";
import { startConversation, startWorld } from "./start-world.ts";

/** Everybody may do everything with what is their own. */
function ownOnly(): Plugin {
  return definePlugin({
    id: "own-only",
    version: "1.0.0",
    provides: { permissions: PermissionManager },
    boot: () => ({
      provide: {
        permissions: {
          check: async () => ({ granted: true, reason: "" }),
          scope: async ({ id }) => where("ownerId").eq(id),
        } as PermissionManager,
      },
    }),
  })();
}

function as(userId: string, tenantId = "default") {
  const actor = { kind: "user", id: userId } as const;
  return { tenantId, actor, subject: { ...actor, tenantId, roles: [], teams: [] } };
}

describe("what belongs to somebody else", () => {
  const start = async () => {
    const started = await startConversation({ plugins: [ownOnly()] });
    const { kernel } = started.world;
    const { conversationId } = started;
    const conversations = kernel.get(ConversationRepository);
    const conversation = await kernel.run(() => conversations.get(conversationId));
    if (!conversation) throw new Error("There is no conversation.");
    await kernel.run(() => conversations.update({ ...conversation, ownerId: "anna" }));
    const contacts = kernel.get(ContactRepository);
    const contact = await kernel.run(() => contacts.get(conversation.contactId));
    if (contact) await kernel.run(() => contacts.update({ ...contact, ownerId: "anna" }));
    return { ...started, kernel, contactId: conversation.contactId };
  };

  it("can't be read", async () => {
    const { kernel, conversationId, contactId } = await start();
    const { bus } = kernel;
    const [message] = (await kernel.run(() => bus.ask(ListMessages, { conversationId }), as("anna"))).items;
    const id = message?.id ?? "";
    expect(await kernel.run(() => bus.ask(GetMessage, { id }), as("anna"))).toEqual(message);
    expect((await kernel.run(() => bus.ask(GetTimeline, { contactId }), as("anna"))).items.length).toBeGreaterThan(0);
    expect((await kernel.run(() => bus.ask(ListConversations, {}), as("bob"))).items).toEqual([]);
    const asBob = <T>(work: () => Promise<T>) => kernel.run(work, as("bob"));
    const missing = (code: string) => ({ code, status: 404 });
    const conversation = missing("CRM_COMMUNICATION_CONVERSATION_NOT_FOUND");
    await expect(asBob(() => bus.ask(GetConversation, { id: conversationId }))).rejects.toMatchObject(conversation);
    await expect(asBob(() => bus.ask(ListMessages, { conversationId }))).rejects.toMatchObject(conversation);
    await expect(asBob(() => bus.ask(GetMessage, { id }))).rejects.toMatchObject(
      missing("CRM_COMMUNICATION_MESSAGE_NOT_FOUND"),
    );
    await expect(asBob(() => bus.ask(GetTimeline, { contactId }))).rejects.toMatchObject(
      missing("CRM_SALES_NOT_FOUND"),
    );
  });

  it("can't be written to", async () => {
    const { kernel, conversationId } = await start();
    const send = { conversationId, parts: [{ type: "text" as const, text: "Hi" }], replyToId: null, origin: null };
    await expect(kernel.run(() => kernel.bus.dispatch(SendMessage, send), as("bob"))).rejects.toMatchObject({
      code: "CRM_COMMUNICATION_CONVERSATION_NOT_FOUND",
    });
    expect(await kernel.run(() => kernel.bus.dispatch(SendMessage, send), as("anna"))).toMatchObject({
      author: { kind: "user", id: "anna" },
    });
  });

  it("is no account that could be seen or changed", async () => {
    const { kernel, account } = await start();
    const { bus } = kernel;
    const { id } = account;
    expect((await kernel.run(() => bus.ask(ListChannelAccounts, {}))).items).toHaveLength(1);
    expect((await kernel.run(() => bus.ask(ListChannelAccounts, {}), as("bob"))).items).toEqual([]);
    for (const work of [
      () => bus.ask(GetChannelAccount, { id }),
      () => bus.dispatch(UpdateChannelAccount, { id, enabled: false }),
    ]) {
      await expect(kernel.run<unknown>(work, as("bob"))).rejects.toMatchObject({
        code: "CRM_CHANNEL_NOT_FOUND",
        status: 404,
      });
    }
  });
});

describe("the accounts of one tenant", () => {
  it("do not exist for another, nor do their logins", async () => {
    const world = await startWorld({ channel: new ScriptedChannel(["code"]) });
    const { kernel } = world;
    const { bus } = kernel;
    const { id } = await world.createAccount();
    await kernel.run(() => bus.dispatch(BeginLogin, { id }));
    const attempts: (() => Promise<unknown>)[] = [
      () => bus.ask(AwaitLoginStep, { id, after: 0 }),
      () => bus.dispatch(SubmitLogin, { id, values: { code: "1234" } }),
      () => bus.dispatch(CancelLogin, { id }),
      () => bus.dispatch(BeginLogin, { id }),
      () => bus.dispatch(Logout, { id }),
    ];
    for (const attempt of attempts) {
      await expect(kernel.run(attempt, { tenantId: "two" })).rejects.toMatchObject({
        code: "CRM_CHANNEL_NOT_FOUND",
        status: 404,
      });
    }
    expect(await kernel.run(() => bus.ask(AwaitLoginStep, { id, after: 0 }))).toMatchObject({
      kind: "ask",
      sequence: 1,
    });
  });
});
