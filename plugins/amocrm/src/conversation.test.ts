import { ListMessages, SendMessage } from "@crmessenger/kernel/communication";
import { GetLead } from "@crmessenger/kernel/sales";
import { afterEach, describe, expect, it } from "vitest";
import { AmoWorld, type WorldOptions, until } from "./amo-world.test.support.ts";

describe("a conversation", () => {
  let world: AmoWorld | undefined;
  afterEach(async () => {
    await world?.[Symbol.asyncDispose]();
    world = undefined;
  });
  const start = async (options?: WorldOptions): Promise<AmoWorld> => (world = await AmoWorld.start(options));
  const send = (at: AmoWorld, conversationId: string, text: string) =>
    at.kernel.bus.dispatch(SendMessage, {
      conversationId,
      parts: [{ type: "text", text }],
      replyToId: null,
      origin: null,
    });

  it("reaches amoCRM with its contact, lead and source, and makes no unsorted request", async () => {
    const { amo, phones, chat } = bind(await start());
    const { conversationId } = await phones.write("+79151112233", "Здравствуйте 👋");
    await phones.write("+79151112233", "Вы тут?");
    await until(() => amo.messages(conversationId).length === 2);
    expect(chat(conversationId)).toEqual(["> Здравствуйте 👋", "> Вы тут?"]);
    expect(amo.contacts()).toMatchObject([
      { name: "Person +79151112233", phones: ["+79151112233"], isUnsorted: false },
    ]);
    expect(amo.leads()).toMatchObject([{ contactIds: [amo.contacts()[0]?.id], isUnsorted: false }]);
    expect(amo.leads()[0]?.sourceExternalId).toBe(phones.host?.account.id);
    expect(amo.unsorted()).toEqual([]);
    expect(amo.chats()).toMatchObject([{ contactId: amo.contacts()[0]?.id, conversationId }]);
  });

  it("brings a manager's answer to the phone, and its status back", async () => {
    const { amo, phones, manager, chat, phoneTexts, kernel } = bind(await start());
    const { conversationId } = await phones.write("anna", "Сколько стоит?");
    await until(() => amo.messages(conversationId).length === 1);
    const answer = manager.reply(conversationId, "Сто рублей");
    await until(() => phoneTexts().length === 1);
    expect(phoneTexts()).toEqual(["Сто рублей"]);
    const [message] = phones.arrived;
    const at = new Date().toISOString();
    await phones.host?.report([{ externalId: message?.id ?? "", status: "delivered", at }]);
    await until(() => amo.messages(conversationId)[1]?.deliveryStatus === "delivered");
    await phones.host?.report([{ externalId: message?.id ?? "", status: "read", at }]);
    await until(() => amo.messages(conversationId)[1]?.deliveryStatus === "read");
    // It is not posted again, and our copy says where it was written and by whom.
    expect(chat(conversationId)).toEqual(["> Сколько стоит?", "< Сто рублей"]);
    const { items } = await kernel.bus.ask(ListMessages, { conversationId });
    expect(items[1]).toMatchObject({
      origin: { system: "amocrm", id: answer.id },
      author: { kind: "plugin", name: "Вера" },
    });
  });

  it("shows in amoCRM what was written here, with its status", async () => {
    const at = await start();
    const { amo, phones } = at;
    const { conversationId } = await phones.write("anna", "Вопрос");
    const message = await send(at, conversationId, "Ответ");
    await until(() => amo.messages(conversationId).length === 2);
    await phones.host?.report([{ externalId: message.id, status: "read", at: new Date().toISOString() }]);
    await until(() => amo.messages(conversationId)[1]?.deliveryStatus === "read");
    expect(amo.messages(conversationId)[1]).toMatchObject({
      msgid: message.id,
      direction: "out",
      author: { kind: "manager" },
    });
    await amo.settled();
    expect(at.phoneTexts()).toEqual(["Ответ"]);
  });

  it("keeps its order in amoCRM, whatever the providers' clocks say", async () => {
    const { amo, phones, manager, chat } = bind(await start());
    const early = new Date(Date.now() - 5_000).toISOString();
    const { conversationId } = await phones.write("anna", "1");
    await until(() => amo.messages(conversationId).length === 1);
    manager.reply(conversationId, "2");
    await until(() => phones.arrived.length === 1);
    await phones.write("anna", "3", { sentAt: early });
    await phones.write("anna", "4", { sentAt: early });
    await until(() => amo.messages(conversationId).length === 4);
    expect(chat(conversationId)).toEqual(["> 1", "< 2", "> 3", "> 4"]);
  });

  it("tells the manager why an answer could not be sent", async () => {
    const { amo, phones, manager } = bind(await start());
    const { conversationId } = await phones.write("anna", "Вопрос");
    await until(() => amo.messages(conversationId).length === 1);
    phones.answer = () => ({ outcome: "rejected", reason: "The person has blocked us." });
    manager.reply(conversationId, "Ответ");
    await until(() => amo.messages(conversationId)[1]?.deliveryStatus === "failed");
    expect(amo.messages(conversationId)[1]?.deliveryError).toEqual({ code: 905, text: "The person has blocked us." });
    manager.reply(conversationId, "");
    await until(() => amo.messages(conversationId)[2]?.deliveryStatus === "failed");
    const first = manager.writeFirst({ phone: "+79000000000", text: "Здравствуйте" });
    await until(() => amo.messages(first.chatId)[0]?.deliveryError?.code === 904);
  });

  it("keeps any text unchanged in amoCRM", async () => {
    const { amo, phones } = bind(await start());
    const texts = ["", "👩‍👩‍👧 שלום\n\"<script>\" 'x' \\", "ё".repeat(4096)];
    const [first] = await Promise.all(texts.slice(0, 1).map((text) => phones.write("anna", text)));
    for (const text of texts.slice(1)) await phones.write("anna", text);
    await until(() => amo.messages(first?.conversationId).length === texts.length);
    expect(amo.messages(first?.conversationId).map(({ text }) => text)).toEqual(texts);
  });

  it("quotes in both directions", async () => {
    const { amo, phones, manager, kernel } = bind(await start());
    const { conversationId, messageId } = await phones.write("anna", "Вопрос");
    await until(() => amo.messages(conversationId).length === 1);
    const [question] = amo.messages(conversationId);
    manager.reply(conversationId, { text: "Ответ", replyTo: question?.id ?? "" });
    await until(() => phones.arrived.length === 1);
    const { items } = await kernel.bus.ask(ListMessages, { conversationId });
    expect(items[1]?.replyToId).toBe(messageId);
    await phones.write("anna", "Ещё", { replyToExternalId: phones.arrived[0]?.id ?? "" });
    await until(() => amo.messages(conversationId).length === 3);
    expect(amo.messages(conversationId)[2]?.replyTo).toBe(amo.messages(conversationId)[1]?.id);
  });

  it("gives a contact's second lead a lead of its own in amoCRM", async () => {
    const { amo, phones, manager, kernel } = bind(await start());
    const first = await phones.write("anna", "Первый вопрос");
    await until(() => amo.messages(first.conversationId).length === 1);
    manager.updateLead(amo.leads()[0]?.id ?? 0, { statusId: 143 });
    await until(async () => (await kernel.bus.ask(GetLead, { id: first.leadId })).status === "disqualified");
    const second = await phones.write("anna", "Ещё один вопрос");
    expect(second.leadId).not.toBe(first.leadId);
    await until(() => amo.messages(first.conversationId).length === 2);
    expect(amo.leads()).toHaveLength(2);
    expect(amo.contacts()).toHaveLength(1);
    expect(amo.unsorted()).toEqual([]);
  });

  it("creates for many conversations in few requests", async () => {
    const { amo, phones, http } = bind(await start());
    const people = Array.from({ length: 60 }, (_, index) => `+7900${String(index).padStart(7, "0")}`);
    await Promise.all(people.map((person) => phones.write(person, "Здравствуйте")));
    await until(() => amo.messages().length === people.length);
    expect(amo.contacts()).toHaveLength(60);
    expect(amo.leads()).toHaveLength(60);
    const creations = http.sent.filter(({ method, url }) => method === "POST" && url.endsWith("/leads/complex"));
    expect(creations.length).toBeLessThanOrEqual(6);
  });

  it("uses the contact that amoCRM has with that number", async () => {
    const at = await start({ login: false });
    const token = at.amo.longLivedToken(at.integration.clientId);
    const body = [
      {
        name: "Старая знакомая",
        custom_fields_values: [{ field_code: "PHONE", values: [{ value: "8 (915) 111-22-33" }] }],
      },
    ];
    await fetch(`${at.amo.url}/api/v4/contacts`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    });
    const other = [
      { name: "Другая", custom_fields_values: [{ field_code: "PHONE", values: [{ value: "+7 915 111-22-33" }] }] },
    ];
    await fetch(`${at.amo.url}/api/v4/contacts`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify(other),
    });
    await at.login();
    const { conversationId } = await at.phones.write("+79151112233", "Здравствуйте");
    await until(() => at.amo.messages(conversationId).length === 1);
    expect(at.amo.contacts()).toHaveLength(2);
    expect(at.amo.contacts()[1]).toMatchObject({ name: "Другая", leadIds: [at.amo.leads()[0]?.id] });
  });
});

function bind(world: AmoWorld) {
  const { amo, phones, manager, kernel, http } = world;
  return {
    amo,
    phones,
    manager,
    kernel,
    http,
    chat: (id: string) => world.chat(id),
    phoneTexts: () => world.phoneTexts(),
  };
}
